/**
 * compat/jwt-redis-sessions/ owns the API of the package jwt-redis-sessions, both of its generations, on our own
 * records: applications call it, and it calls the verbs of session/ and store/. Its tokens keep that package's form,
 * so that whoever verifies them with the shared secret goes on doing so. It keeps no state of a session beside the
 * record, and never calls `process.exit`.
 */

/** What the four kinds of error have in common; there is no base class, as there was none. */
abstract class CodedError extends Error {
  /** The HTTP status that suits it. */
  statusCode: number
  /** Stable text for programs. */
  code: string

  constructor(message: string, statusCode: number, code: string, options?: ErrorOptions) {
    super(message, options)
    this.statusCode = statusCode
    this.code = code
  }
}

/** Something about authentication failed that is none of the kinds below. */
export class AuthError extends CodedError {
  override name = 'AuthError'

  constructor(message: string, statusCode = 401, code = 'AUTH_ERROR', options?: ErrorOptions) {
    super(message, statusCode, code, options)
  }
}

/** What was handed in has the wrong form; 500 where it is the configuration. */
export class ValidationError extends CodedError {
  override name = 'ValidationError'

  constructor(message: string, statusCode = 400, code = 'VALIDATION_ERROR') {
    super(message, statusCode, code)
  }
}

/** A token is not good: malformed, expired, of the wrong kind, or its session has ended. */
export class TokenError extends CodedError {
  override name = 'TokenError'

  constructor(message: string, statusCode = 401, code = 'TOKEN_ERROR', options?: ErrorOptions) {
    super(message, statusCode, code, options)
  }
}

/** Redis cannot be reached, or did not answer in time. Nothing was decided. */
export class RedisError extends CodedError {
  override name = 'RedisError'

  constructor(message: string, statusCode = 500, code = 'REDIS_ERROR', options?: ErrorOptions) {
    super(message, statusCode, code, options)
  }
}
