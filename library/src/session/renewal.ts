import type { SessionRecord } from '../store/record.js'
import { isRenewalDue } from './lifetime.js'
import type { Visit } from './visit.js'

/** A lost answer is told from parallel requests by its age. */
const PARALLEL_FOR = 10_000

/** Whether the secret has reached its age, or the answer that carried the last one seems lost. */
export function isRenewalWanted({ core, request, resolution, tokenToSend }: Visit): boolean {
  if (resolution?.state !== 'active' || tokenToSend !== undefined) return false
  const { record, now, isPreviousSecret, claims } = resolution
  // Who came with a token has no cookie.
  if (claims !== undefined) return false
  const isWanted = isPreviousSecret
    ? now - renewedAt(record) > PARALLEL_FOR
    : isRenewalDue(record, now, core.settings.renewal)
  return isWanted && request.cookieObstacle() === undefined
}

function renewedAt(record: SessionRecord): number {
  return Number.parseInt(record.traits.renewed ?? '0', 36)
}
