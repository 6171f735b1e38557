import { StoreUnavailable } from '../../../errors.js'
import { inTime } from '../../../system/in-time.js'

/** How long a proof that writers are heard may take before it counts as failed. Milliseconds. */
export const PROVED_WITHIN = 1_000

/** What is thrown where nothing proves that writers are heard. */
export function unheard(): StoreUnavailable {
  return new StoreUnavailable(
    'Redis is unavailable: it is not heard over the connection to listen on',
  )
}

/** What a promise settles to, or {@link unheard} after a while; what comes later is dropped. */
export function within<Value>(milliseconds: number, promise: Promise<Value>): Promise<Value> {
  return inTime(milliseconds, promise, unheard)
}
