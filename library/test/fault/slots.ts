import { setTimeout as pause } from 'node:timers/promises'
import { createClient } from 'redis'
import type { RedisCluster } from '../support/redis-cluster.js'

/** Moves slots between the primaries that a cluster began with, as `redis-cli --cluster reshard` does. */
export interface Mover {
  /** Puts a slot on its way to the next primary, moves key after key with a rest after each of the first, and gives it away. */
  move(slot: number, rest?: number): Promise<void>
  /** The place of the primary that holds a slot now. */
  holderOf(slot: number): number
  keysMoved(): number
  close(): void
}

/** After so many keys of one slot it goes without a rest: they may be made faster than they are moved. */
const RESTS = 5

export async function createMover({ primaries }: RedisCluster): Promise<Mover> {
  const nodes = await Promise.all(primaries.map(({ url, port }) => connect(url, port)))
  const share = Math.ceil(16_384 / nodes.length)
  const holders = new Map<number, number>()
  const holderOf = (slot: number): number => holders.get(slot) ?? Math.floor(slot / share)
  let keysMoved = 0
  return {
    holderOf,
    keysMoved: () => keysMoved,
    async move(slot, rest = 0) {
      const at = holderOf(slot)
      const to = (at + 1) % nodes.length
      const [source, target] = [nodes[at] as Node, nodes[to] as Node]
      const word = String(slot)
      await target.send('CLUSTER', 'SETSLOT', word, 'IMPORTING', source.id)
      await source.send('CLUSTER', 'SETSLOT', word, 'MIGRATING', target.id)
      for (let moved = 0; ; moved += 1) {
        const keys = (await source.send('CLUSTER', 'GETKEYSINSLOT', word, '1')) as string[]
        const [key] = keys
        if (key === undefined) break
        // Without REPLACE: a key that is on both sides fails the test.
        await source.send('MIGRATE', '127.0.0.1', String(target.port), key, '0', '2000')
        keysMoved += 1
        if (moved < RESTS) await pause(rest)
      }
      const others = nodes.filter((node) => node !== source && node !== target)
      for (const node of [target, source, ...others]) {
        await node.send('CLUSTER', 'SETSLOT', word, 'NODE', target.id)
      }
      holders.set(slot, to)
    },
    close() {
      for (const { client } of nodes) client.destroy()
    },
  }
}

type Node = Awaited<ReturnType<typeof connect>>

async function connect(url: string, port: number) {
  const client = createClient({ url })
  client.on('error', () => undefined)
  await client.connect()
  const send = (...words: string[]): Promise<unknown> => client.sendCommand(words)
  return { send, port, id: String(await send('CLUSTER', 'MYID')), client }
}
