import type { Incoming } from '../request/incoming.js'

/** A client that only exists in a test. */
export interface MadeUpClient {
  /** The `Host` header. Default `'localhost'`. */
  readonly host?: string
  /**
   * Whether the client comes over TLS. Default: only where no cookie could be set otherwise. Requests of the test have to come as the
   * sign-in did: over plain http a `__Host-` cookie has another name.
   */
  readonly secure?: boolean
  /** Default `'127.0.0.1'`. */
  readonly address?: string
  /** Default none. */
  readonly userAgent?: string
  /** The path of the request: cookies may be limited to one, and so may a session middleware. Default `'/'`. */
  readonly path?: string
}

/** A client as requests are made of it. */
export type MadeUpRequest = MadeUpClient & {
  readonly cookie?: string | undefined
  readonly authorization?: string | undefined
}

/** A request that nobody sent, as adapters make one of a request that somebody did. */
export function madeUpIncoming(request: MadeUpRequest): Incoming {
  const {
    host = 'localhost',
    address = '127.0.0.1',
    userAgent,
    cookie,
    secure = false,
    path = '/',
  } = request
  const headers = new Map<string, string | undefined>([
    ['host', host],
    ['cookie', cookie],
    ['user-agent', userAgent],
    ['authorization', request.authorization],
  ])
  return {
    method: 'GET',
    target: path,
    host,
    isSecure: secure,
    address,
    userAgent,
    cookieHeader: cookie,
    header: (name) => headers.get(name.toLowerCase()),
    isRepeated: () => false,
    forwardedNotice: undefined,
  }
}
