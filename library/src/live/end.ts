import type { EndReason } from '../store/end-reason.js'

/**
 * Why a connection is closed, and what its client is told:
 *
 * | kind      |                                             | WebSocket | its reason                  |
 * |-----------|---------------------------------------------|-----------|-----------------------------|
 * | `ended`   | the session is over                         | 4401      | an `EndReason`              |
 * | `pending` | the session awaits another proof            | 4401      | `reauthentication_required` |
 * | `away`    | for too long the store has not said         | 1013      | `store_unavailable`         |
 * | `closing` | this process stops                          | 1001      | `going_away`                |
 * | `full`    | too many connections of one session or person | 4429    | `rate_limited`              |
 */
export type LiveEnd =
  | { readonly kind: 'ended'; readonly reason: EndReason }
  | { readonly kind: 'pending' | 'away' | 'closing' | 'full' }

/** A close code of RFC 6455 section 7.4 and a reason of at most 123 bytes. */
export interface CloseFrame {
  readonly code: number
  readonly reason: string
}

const FRAMES: Readonly<Record<Exclude<LiveEnd['kind'], 'ended'>, CloseFrame>> = {
  pending: { code: 4401, reason: 'reauthentication_required' },
  away: { code: 1013, reason: 'store_unavailable' },
  closing: { code: 1001, reason: 'going_away' },
  full: { code: 4429, reason: 'rate_limited' },
}

/** The close frame that tells of an end. */
export function toCloseFrame(end: LiveEnd): CloseFrame {
  return end.kind === 'ended' ? { code: 4401, reason: end.reason } : FRAMES[end.kind]
}
