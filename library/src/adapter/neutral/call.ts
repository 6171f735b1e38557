/**
 * neutral/ owns what all framework adapters share and no framework is named in: a request with its answer as guards see
 * them (`Call`), an answer as a value (`Reply`), and the answer that waits for its session where the framework lets it.
 * The adapters beside it call it; it never reads a framework's own objects.
 */
import type { Refusal } from '../../guard/session-guard.js'
import type { Incoming } from '../../request/incoming.js'
import type { HeaderTarget } from '../../response/outgoing.js'
import type { Session } from '../../session/session.js'
import type { Reply } from './reply.js'

/** One request and its answer, whatever the framework. */
export interface Call<Native extends object = object> {
  /** What the framework hands to its own middleware. */
  readonly native: Native
  readonly incoming: Incoming
  /** Path and query as sent; `incoming.target`, for those who look at nothing else. */
  readonly target: string
  /** Throws `InvalidOption` where no sessions were mounted in front. */
  readonly session: Session
  readonly hasSession: boolean
  /** The method it had before somebody overrode it, where that is known. */
  readonly otherMethod: string | undefined
  /** Headers that the answer will carry, whatever it becomes. */
  readonly headers: HeaderTarget
  /** The parsed body, or a promise of it. */
  body(): unknown
  /** Whether nobody waits for the answer any more. */
  isGone(): boolean
  /** Runs when the head of the answer is made, with what the application put there. */
  atHead(run: (head: HeaderTarget) => void): void
  /** Keeps the nonce of this answer's page. */
  keepNonce(nonce: string): void
}

/** What a guard answers instead of the handler. */
export type Stop = Refusal | Reply

/** Lets a request through with `undefined`. Throws or rejects with `StoreUnavailable` where the store did not answer. */
export type Guard<Native extends object = object> = (
  call: Call<Native>,
) => Stop | undefined | Promise<Stop | undefined>

/** Whether a guard has the whole answer, and not a reason alone. */
export function isReply(stop: Stop): stop is Reply {
  return 'body' in stop
}
