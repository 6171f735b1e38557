import { InvalidOption, StoreUnavailable } from '../../errors.js'
import { systemClock } from '../../system/clock.js'
import { inTime } from '../../system/in-time.js'
import { NotDurable } from '../not-durable.js'
import { isReady, type RedisClient } from './client.js'
import { slotOf } from './feed/slot.js'
import { toStoreUnavailable } from './faults.js'
import { TOUCH } from './scripts/touch.js'

/** When the end of a session counts. */
export interface RedisDurability {
  /** How many replicas must have it: a whole number, 1 or more. */
  readonly replicas: number
  /**
   * For how long they are waited for: milliseconds, 1 or more, and less than the deadline of a call
   * (`resilience.commandDeadline`). Default 100.
   */
  readonly within?: number
}

/** Settles once replicas have what was written under `key`. Throws {@link NotDurable} where too few do. */
export type Outlast = (key: string) => Promise<void>

/** Writes once more under keys of one node, and waits on the very same connection until replicas have that. */
type TouchAndWait = (keys: readonly string[], wait: Wait) => Promise<unknown>
type Wait = readonly [replicas: string, within: string]

/**
 * @throws InvalidOption for numbers that are none, and for clients that cannot say on which connection they write:
 * ioredis' and iovalkey's Cluster, and valkey-glide.
 */
export function createOutlast(
  client: RedisClient,
  durability: RedisDurability | undefined,
  shardOf: ((bucket: string) => string | undefined) | undefined,
): Outlast | undefined {
  if (durability === undefined) return undefined
  const { replicas, within = 100 } = durability
  for (const [name, value] of Object.entries({ replicas, within })) {
    if (!Number.isSafeInteger(value) || value < 1) {
      throw new InvalidOption(`option durability.${name} must be a whole number, 1 or more.`)
    }
  }
  const touchAndWait = toTouchAndWait(client)
  const lines = new Map<string, Line>()
  return (key) => {
    const tag = key.slice(key.indexOf('{') + 1, key.indexOf('}'))
    const node = shardOf === undefined ? '' : (shardOf(tag) ?? `{${tag}}`)
    const line = lines.get(node) ?? new Line(client, touchAndWait, { replicas, within })
    lines.set(node, line)
    return line.outlast(key)
  }
}

/** After replicas did not answer in time, they get a tenth of it for so long. Milliseconds. */
const IMPATIENT_FOR = 1_000

/** Some clients never settle what was under way as they lost their connection; others would wait behind it. Milliseconds. */
const SLACK = 500

interface Call {
  readonly key: string
  readonly settle: (fault?: Error) => void
}

/**
 * Asks for all keys at once that came while the last question was under way, so that one connection carries many ends.
 * Since nothing else is answered on it while replicas are waited for, those that are behind are waited for once a second.
 */
class Line {
  readonly #client: RedisClient
  readonly #touchAndWait: TouchAndWait
  readonly #replicas: number
  readonly #within: number
  #calls: Call[] = []
  #isBusy = false
  #impatientUntil = -Infinity

  constructor(
    client: RedisClient,
    touchAndWait: TouchAndWait,
    { replicas, within }: Required<RedisDurability>,
  ) {
    this.#client = client
    this.#touchAndWait = touchAndWait
    this.#replicas = replicas
    this.#within = within
  }

  outlast(key: string): Promise<void> {
    return new Promise((resolve, reject) => {
      const settle = (fault?: Error): void => {
        if (fault === undefined) resolve()
        else reject(fault)
      }
      this.#calls.push({ key, settle })
      void this.#work()
    })
  }

  async #work(): Promise<void> {
    if (this.#isBusy) return
    this.#isBusy = true
    for (let calls = this.#take(); calls.length > 0; calls = this.#take()) {
      const fault = await this.#ask(calls.map(({ key }) => key))
      for (const call of calls) call.settle(fault)
    }
    this.#isBusy = false
  }

  #take(): readonly Call[] {
    return this.#calls.splice(0)
  }

  async #ask(keys: readonly string[]): Promise<Error | undefined> {
    if (!isReady(this.#client)) {
      return new StoreUnavailable('Redis is unavailable: the client is not connected')
    }
    const isPatient = systemClock.elapsed() >= this.#impatientUntil
    const wait = [
      String(this.#replicas),
      String(isPatient ? this.#within : Math.ceil(this.#within / 10)),
    ] as const
    try {
      const asked = this.#touchAndWait(keys, wait)
      const known = Number(await inTime(this.#within + SLACK, asked, unanswered))
      if (known >= this.#replicas) return undefined
      this.#impatientUntil = systemClock.elapsed() + IMPATIENT_FOR
      return new NotDurable(known, this.#replicas)
    } catch (error) {
      return toStoreUnavailable(error)
    }
  }
}

function unanswered(): StoreUnavailable {
  return new StoreUnavailable('Redis is unavailable: it was asked for its replicas in vain')
}

/** What the libraries can do beyond scripts; each has only some of it. */
interface Shape {
  readonly masters?: unknown
  readonly isCluster?: unknown
  readonly getSentinelNode?: unknown
  readonly totalClients?: unknown
  readonly evalSha?: unknown
  readonly evalsha?: unknown
  /** Clusters of node-redis. */
  readonly slots?: readonly ({ readonly master: unknown } | undefined)[]
  readonly _keyPrefix?: string | Buffer | undefined
}

interface NodeRedis {
  eval(text: string, options: { keys: string[] }): Promise<unknown>
  sendCommand(...args: readonly unknown[]): Promise<unknown>
  /** Sentinel clients: what is done with one connection. */
  use?(work: (client: NodeRedis) => Promise<unknown>): Promise<unknown>
  /** Pools: the same. */
  execute?(work: (client: NodeRedis) => Promise<unknown>): Promise<unknown>
  /** Clusters: the connection to one of its nodes. */
  nodeClient?(node: unknown): Promise<NodeRedis> | NodeRedis
}

interface IoRedis {
  eval(text: string, keyCount: number, key: string): Promise<unknown>
  wait(replicas: string, within: string): Promise<unknown>
}

function toTouchAndWait(given: RedisClient): TouchAndWait {
  const shape = given as Shape
  if (shape.evalSha !== undefined) return ofNodeRedis(given as unknown as NodeRedis, shape)
  if (shape.evalsha !== undefined && shape.isCluster !== true) {
    const client = given as unknown as IoRedis
    return (keys, wait) =>
      last(
        keys.map((key) => client.eval(TOUCH, 1, key)),
        client.wait(...wait),
      )
  }
  throw new InvalidOption(
    'option durability needs a client of redis (node-redis), or one of ioredis or iovalkey that is no cluster.',
  )
}

function ofNodeRedis(client: NodeRedis, shape: Shape): TouchAndWait {
  const send = (
    one: NodeRedis,
    keys: readonly string[],
    wait: Wait,
    ...before: readonly unknown[]
  ): Promise<unknown> =>
    last(
      keys.map((key) => one.eval(TOUCH, { keys: [key] })),
      one.sendCommand(...before, ['WAIT', ...wait]),
    )
  if (shape.getSentinelNode !== undefined) {
    return async (keys, wait) => client.use?.((one) => send(one, keys, wait, false))
  }
  if (shape.totalClients !== undefined) {
    return async (keys, wait) => client.execute?.((one) => send(one, keys, wait))
  }
  if (shape.masters === undefined) return (keys, wait) => send(client, keys, wait)
  // Its cluster client asks all primaries and tells the least of what they say: then one shard would speak for all.
  return async (keys, wait) => {
    const { _keyPrefix: prefix, slots } = shape
    const node = slots?.[slotOf(`${(prefix ?? '').toString()}${keys[0] ?? ''}`)]?.master
    if (node === undefined) throw new StoreUnavailable('Redis is unavailable: a slot has no node')
    const one = (await client.nodeClient?.(node)) ?? client
    // Each node has one connection, that knows nothing of the prefix.
    const isPrefixed = (one as Shape)._keyPrefix !== undefined
    const own = isPrefixed ? keys : keys.map((key) => `${(prefix ?? '').toString()}${key}`)
    return send(one, own, wait)
  }
}

/**
 * The last of commands that were sent in one breath. Where the connection is lost between them, all fail: on another one
 * the last would be answered at once, as nothing was written there.
 */
async function last(
  touching: readonly Promise<unknown>[],
  waiting: Promise<unknown>,
): Promise<unknown> {
  const [known] = await Promise.all([waiting, ...touching])
  return known
}
