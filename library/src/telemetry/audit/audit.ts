/**
 * telemetry/audit/ owns the trail: every sign-in, failure, end, refusal, change of a credential and act of an
 * administrator as one record. It listens to the event catalogue, so nothing can happen that it does not hear of; it changes no
 * outcome, delays no request, and holds no credential.
 */
import { AsyncLocalStorage } from 'node:async_hooks'
import { InvalidOption } from '../../errors.js'
import type { EventName, Listener } from '../../session/events.js'
import { systemClock, type Clock } from '../../system/clock.js'
import { AUDITED_EVENTS } from './catalogue.js'
import { createReducer, type AuditPrivacy } from './privacy.js'
import { createQueue, type QueueStats } from './queue.js'
import { auditId, toRecord, type AuditedRequest, type AuditRecord } from './record.js'

/** The part of a `Sojourn` that is recorded. */
export interface Auditable {
  on<Name extends EventName>(name: Name, listener: Listener<Name>): () => void
  /** Where it is missing, addresses cannot be kept as keyed hashes. */
  deriveKeys?(purpose: string): readonly Buffer[]
  readonly clock?: Clock
}

/** How a trail is kept. */
export interface AuditOptions {
  /**
   * Keeps records, in the order in which they happened, one call at a time. What it throws or rejects with is
   * tried again with the same records; so a store should not mind a record that it has already (`id` is unique).
   */
  readonly write: (records: readonly AuditRecord[]) => unknown
  /** How much of addresses and user agents is kept. Default: both truncated. */
  readonly privacy?: AuditPrivacy
  /** Records that may wait for `write`. What comes then is dropped, counted, and recorded as `audit.dropped`. Default 10,000. */
  readonly limit?: number
  /** Records in one call of `write`. Default 500. */
  readonly batch?: number
  /** Milliseconds for which records are gathered. Default 200. */
  readonly gather?: number
}

/** A trail that is being kept. */
export interface Audit {
  /** Runs what answers a request; events that happen in it are recorded with its address, agent, method and path. */
  around<Result>(request: AuditedRequest, run: () => Result): Result
  /** An address as records keep it, to look for it there; `undefined` where they keep none. */
  addressAsKept(address: string): string | undefined
  /** How the queue before the sink is doing. */
  stats(): QueueStats
  /** Resolves when all is written (`true`), or so many milliseconds later (`false`). Default 1,000. */
  flush(within?: number): Promise<boolean>
  /** Hears no more, and flushes. */
  stop(within?: number): Promise<boolean>
}

const DEFAULTS = { limit: 10_000, batch: 500, gather: 200 }
const PATIENCE = 1_000

/**
 * Records the events of `sojourn`. A `write` that is slow, stuck or away costs records, never a request.
 *
 * ```ts
 * const audit = createAudit(sojourn, { write: (records) => database.insert(records) })
 * app.use(web.audited(audit))
 * ```
 */
export function createAudit(sojourn: Auditable, options: AuditOptions): Audit {
  const clock = sojourn.clock ?? systemClock
  const privacy = options.privacy ?? {}
  const requests = new AsyncLocalStorage<AuditedRequest>()
  const reducer = createReducer(privacy, keyOf(sojourn, privacy))
  const queue = createQueue<AuditRecord>(options.write, { ...DEFAULTS, ...options }, (count) => {
    const at = clock.now()
    return { id: auditId(at), at, event: 'audit.dropped', outcome: 'notice', details: { count } }
  })
  const stops = AUDITED_EVENTS.map((name) =>
    sojourn.on(name, (event) => {
      const record = toRecord(name, event, requests.getStore(), clock.now(), reducer)
      if (record !== undefined) queue.push(record)
    }),
  )
  return {
    around: (request, run) => requests.run(request, run),
    addressAsKept: (address) => reducer.address(address),
    stats: () => queue.stats(),
    flush: async (within = PATIENCE) => flush(queue, within),
    async stop(within = PATIENCE) {
      const isWritten = await flush(queue, within)
      for (const stop of stops) stop()
      return isWritten
    },
  }
}

/** One record as one line of JSON, for logs. */
export function auditLine(record: AuditRecord): string {
  return JSON.stringify({ ...record, at: new Date(record.at).toISOString() })
}

/** Events are told after the work at hand: what has happened by now is heard of a turn later. */
async function flush(
  queue: { flush(within: number): Promise<boolean> },
  within: number,
): Promise<boolean> {
  await new Promise((resolve) => setImmediate(resolve))
  return queue.flush(within)
}

/** The oldest secret, as for sessions: hashes stay the same while a new one is brought in. */
function keyOf(sojourn: Auditable, { address, agent }: AuditPrivacy): Uint8Array {
  const key = sojourn.deriveKeys?.('audit').at(-1)
  if (key !== undefined) return key
  if (address !== 'keyed-hash' && agent !== 'keyed-hash') return new Uint8Array(32)
  throw new InvalidOption('Keyed hashes need a sojourn with deriveKeys.')
}
