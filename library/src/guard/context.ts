import type { ProxyTrust } from '../request/client-address.js'
import type { ReportedEventName, SojournEvents } from '../session/events.js'
import type { Counters } from '../store/counters.js'
import type { Clock } from '../system/clock.js'

/** What guards need of an application's sessions. A `Sojourn` is one. */
export interface GuardContext {
  /** Counts over all processes; behind the store's deadline and breaker, so it throws `StoreUnavailable` in time. */
  readonly counters: Counters
  readonly clock: Clock
  readonly proxyTrust: ProxyTrust
  /** One 32-byte key for each of the application's secrets, newest first; a purpose has keys of its own. */
  deriveKeys(purpose: string): readonly Buffer[]
  /** Tells the event log what only a guard knows. */
  report<Name extends ReportedEventName>(name: Name, event: SojournEvents[Name]): void
}
