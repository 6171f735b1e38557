import type { IncomingMessage } from 'node:http'

/** What a session middleware put on the request: csurf asks for no more than an object. */
export interface SessionBag {
  [key: string]: unknown
}

/** A request as body parsers, cookie-parser, session middlewares and Express leave it behind. */
export interface CsurfRequest extends IncomingMessage {
  body?: unknown
  query?: unknown
  cookies?: Record<string, unknown>
  signedCookies?: Record<string, unknown>
  /** cookie-parser's first secret. */
  secret?: unknown
  /** express-session's, whoever implements it. */
  sessionID?: unknown
  /** Express', by its setting `trust proxy`. */
  secure?: unknown
  hostname?: unknown
  csrfToken?: () => string
}

/** The session on `request`, under the name that csurf was told; `undefined` where there is none. */
export function sessionOn(request: CsurfRequest, key: string): SessionBag | undefined {
  const session = (request as unknown as Record<string, unknown>)[key]
  // csurf takes whatever is truthy; a text or a number would keep no secret.
  return typeof session === 'object' && session !== null ? (session as SessionBag) : undefined
}

/** Whether the client's connection is TLS, as far as Express or the socket know. */
export function isSecure(request: CsurfRequest): boolean {
  return request.secure === true || (request.socket as { encrypted?: unknown }).encrypted === true
}

declare global {
  // Express' own place for what middlewares add; harmless where there is no Express.
  // eslint-disable-next-line @typescript-eslint/no-namespace
  namespace Express {
    interface Request {
      /** A token of this request's session, for a form or a header. Throws `misconfigured csrf` where there is no session any more. */
      csrfToken(): string
    }
  }
}
