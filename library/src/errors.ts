/**
 * One base error and the stable codes that tell faults apart. Expected outcomes (no session, an ended
 * one) are values, not errors; see session/resolve.ts. No message ever holds a credential.
 */

/** Every code an error of this library can carry, with the HTTP status an adapter answers for it. */
export const ERROR_STATUS = {
  /** The store did not answer in time, or answered with a fault. Nothing was decided. */
  store_unavailable: 503,
  /** The session has ended; the thing asked for cannot be done on it. */
  session_ended: 401,
  /** The session awaits another proof of who its person is. */
  reauthentication_required: 401,
  /** The subject already has its number of sessions, and the limit says to refuse. */
  session_limit: 409,
  /** The subject is disabled. */
  subject_disabled: 403,
  /** Too many anonymous sessions from one address. */
  session_flood: 429,
  /** A session cookie is needed, but this connection is not secure. */
  tls_required: 403,
  /** Not for somebody who acts for somebody else. */
  impersonation: 403,
  /** Tokens were to be bound to a key, and no good DPoP proof of it came with the request. */
  invalid_dpop_proof: 400,
  /** A value from outside has the wrong form. */
  field_invalid: 400,
  /** An option has the wrong form, or two do not go together. Thrown when the library is set up. */
  ERR_OPTION: 500,
  /** Session data that JSON cannot keep. */
  ERR_SESSION_DATA: 500,
  /** Session data over the size limit. */
  ERR_SESSION_TOO_LARGE: 413,
  /** The session was asked for facts before `await session.load()`. */
  ERR_SESSION_NOT_LOADED: 500,
  /** There is no key to sign tokens with. */
  ERR_NO_KEY: 500,
  /** The claims for a token are more than fit, or hold what must not get out. */
  ERR_TOKEN_CLAIMS: 500,
  /** A new cookie was needed after the headers had left. */
  ERR_HEADERS_SENT: 500,
  /** Something wrote to a session handle that only reads. */
  ERR_SESSION_READ_ONLY: 500,
} as const

/** A stable code, safe to switch on. */
export type ErrorCode = keyof typeof ERROR_STATUS

/** Base of all errors of this library. */
export class SojournError extends Error {
  override readonly name: string = 'SojournError'
  /** Stable; never changes between releases. */
  readonly code: ErrorCode
  /** The HTTP status that suits it. */
  readonly status: number

  constructor(code: ErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
    this.status = ERROR_STATUS[code]
  }

  /** Express and others look for this spelling. */
  get statusCode(): number {
    return this.status
  }
}

/** The store did not answer, or not in time. 503: never a sign-out, never a sign-in. */
export class StoreUnavailable extends SojournError {
  override readonly name = 'StoreUnavailable'
  /** Seconds after which a client may try again (the `Retry-After` header). */
  readonly retryAfter: number = 1
  /** Express' final handler sends these. */
  readonly headers: Readonly<Record<string, string>> = { 'Retry-After': '1' }
  /** Only what was asked for is out of reach for a moment: it is no sign that the store is down. Default false. */
  readonly isPartial: boolean

  constructor(message: string, options?: ErrorOptions & { readonly isPartial?: boolean }) {
    super('store_unavailable', message, options)
    this.isPartial = options?.isPartial ?? false
  }
}

/** An option is wrong. The message names it and says what would be right. */
export class InvalidOption extends SojournError {
  override readonly name = 'InvalidOption'

  constructor(message: string) {
    super('ERR_OPTION', message)
  }
}

/** A value from outside (a cursor, a page size, …) has the wrong form. */
export class InvalidInput extends SojournError {
  override readonly name = 'InvalidInput'
  readonly field: string

  constructor(field: string, message: string) {
    super('field_invalid', message)
    this.field = field
  }
}
