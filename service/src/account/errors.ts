/** What can go wrong with accounts. Each has a stable `code` and the HTTP status that suits it. */
export abstract class AccountError extends Error {
  abstract readonly code: string
  abstract readonly status: number
}

/** A field has the wrong form. `field` names it. */
export class InvalidField extends AccountError {
  override readonly name = 'InvalidField'
  override readonly code = 'field_invalid'
  override readonly status = 400
  readonly field: string

  constructor(field: string, message: string) {
    super(message)
    this.field = field
  }
}

/** Too many passwords wait to be checked. */
export class Busy extends AccountError {
  override readonly name = 'Busy'
  override readonly code = 'busy'
  override readonly status = 503
  /** Seconds after which to try again. */
  readonly retryAfter = 1

  constructor() {
    super('The service is busy. Please try again in a moment.')
  }
}

/** The database did not answer, or not in time. Nothing is known about what was asked. */
export class AccountsUnavailable extends AccountError {
  override readonly name = 'AccountsUnavailable'
  override readonly code = 'store_unavailable'
  override readonly status = 503
  /** Seconds after which to try again. */
  readonly retryAfter = 1
}
