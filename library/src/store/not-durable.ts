import { StoreUnavailable } from '../errors.js'

/**
 * A session was ended, and too few replicas said that they know: a failover may bring it back. The caller is told
 * that it did not work, as it may not last; it is tried again until it does.
 */
export class NotDurable extends StoreUnavailable {
  constructor(known: number, wanted: number) {
    super(
      `not durable: ${String(known)} of ${String(wanted)} replicas have the end of the session`,
      { isPartial: true },
    )
  }
}
