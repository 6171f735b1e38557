import { StoreUnavailable } from '../../errors.js'
import { sha256 } from '../../system/digest.js'
import { checkWalkLimit, wrongWalkCursor } from '../input.js'
import { endedBecause, type SessionId } from '../record.js'
import type { ReadResult, Store, WalkResult } from '../store.js'
import { isReady, type RedisClient } from './client.js'
import { toStoreUnavailable } from './faults.js'
import { decode, type Keys } from './keys.js'
import { toScan, type ListNodes, type ScanNode } from './scan.js'
import { READ } from './scripts/read.js'
import { toReadResult, type Context } from './sessions.js'

/**
 * The verb that goes over all sessions: names from SCAN, each then read by itself as `read` does. Absent where
 * the client cannot scan.
 */
export function createWalk(
  { run, keys }: Context,
  client: RedisClient,
): Pick<Store, 'walk'> | Record<string, never> {
  const listNodes = toScan(client)
  if (listNodes === undefined) return {}
  const read = async (id: SessionId): Promise<ReadResult> =>
    toReadResult(id, await run(READ, keys.session(id)))
  return {
    async walk(step) {
      checkWalkLimit(step)
      const place = toPlace(step.cursor)
      if (!isReady(client)) {
        throw new StoreUnavailable('Redis is unavailable: the client is not connected')
      }
      const match = keys.allSessions
      const { names, next } = await scanStep(listNodes, place, { match, limit: step.limit })
      const ids = toIds(names, keys)
      // A session that there is none of, where there are none: somebody has to tell the time.
      const answers = await Promise.all((ids.length === 0 ? [NOBODY] : ids).map(read))
      return { ...toLive(answers), next }
    },
  }
}

const NOBODY: SessionId = 'AA.'

/** All are judged by the latest instant that was told: what has ended by then is not given as live. */
function toLive(answers: readonly ReadResult[]): Omit<WalkResult, 'next'> {
  const now = Math.max(...answers.map((answer) => answer.now))
  const records = answers.flatMap((answer) => {
    if (answer.status !== 'found') return []
    const { record, subject } = answer
    return endedBecause(record, subject, now) === undefined ? [record] : []
  })
  return { records, now }
}

/** Where a walk is: which nodes there were when it was there, the place of the present one, and its own cursor. */
export interface Place {
  readonly nodes: string | undefined
  readonly at: number
  readonly cursor: string
}

const BEGINNING: Place = { nodes: undefined, at: 0, cursor: '0' }
const CURSOR = /^([\w-]{8})\.(\d{1,4})\.(\d{1,20})$/

/** @throws InvalidInput for a cursor that no walk gave. */
export function toPlace(text: string | undefined): Place {
  if (text === undefined) return BEGINNING
  const [, nodes, at = '', cursor = ''] = CURSOR.exec(text) ?? []
  if (nodes === undefined || BigInt(cursor) >= 2n ** 64n) throw wrongWalkCursor()
  return { nodes, at: Number(at), cursor }
}

/**
 * Scans one node a little further. Where other nodes are primaries now than were before, sessions may have
 * moved to one that the walk has passed: it begins anew.
 */
export async function scanStep(
  listNodes: ListNodes,
  place: Place,
  { match, limit }: { readonly match: string; readonly limit: number },
): Promise<{ readonly names: readonly string[]; readonly next: string | undefined }> {
  const nodes = await listNodes().catch(rethrow)
  const known = digestOf(nodes)
  const { at, cursor } = place.nodes === known ? place : BEGINNING
  const node = nodes[at]
  if (node === undefined) throw wrongWalkCursor()
  const part = await node.scan(cursor, { match, count: limit }).catch(rethrow)
  const isLast = part.cursor === '0' && at + 1 >= nodes.length
  const after = part.cursor === '0' ? at + 1 : at
  return {
    // SCAN may give a name twice.
    names: [...new Set(part.keys)],
    next: isLast ? undefined : `${known}.${String(after)}.${part.cursor}`,
  }
}

function rethrow(error: unknown): never {
  throw toStoreUnavailable(error)
}

function digestOf(nodes: readonly ScanNode[]): string {
  return sha256(nodes.map(({ name }) => name).join(' ')).slice(0, 8)
}

/** `…s{bucket}id` */
const NAME = /s\{([^{}]*)\}([^{}]*)$/

/** What others keep under such names is not ours. */
function toIds(names: readonly string[], keys: Keys): SessionId[] {
  return names.flatMap((name) => {
    const [, bucket = '', own = ''] = NAME.exec(name) ?? []
    const id = `${decode(bucket)}.${decode(own)}`
    return keys.session(id) === name ? [id] : []
  })
}
