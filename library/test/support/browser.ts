/**
 * A browser without HTTP: keeps cookies, and takes one request at a time (or many at once) through
 * `sojourn.exchange`, as an adapter would. For tests of the session layer; adapters have real servers.
 */
import type { Incoming } from '../../src/request/incoming.js'
import type { Outgoing } from '../../src/response/outgoing.js'
import type { Session } from '../../src/session/session.js'
import type { Sojourn } from '../../src/sojourn.js'

export interface RequestFacts {
  readonly address?: string
  readonly userAgent?: string
  readonly target?: string
  readonly method?: string
  readonly isSecure?: boolean
  readonly host?: string
  readonly forwardedNotice?: string
  /** Replaces the jar's cookies. */
  readonly cookie?: string
  /** Sent as `Authorization: Bearer`. */
  readonly bearer?: string
  /** The whole `Authorization` header; twice where it is a list. */
  readonly authorization?: string | readonly string[]
}

export interface Answer<Result> {
  readonly result: Result
  readonly outgoing: Outgoing | undefined
}

export class Browser<Data extends object> {
  readonly jar = new Map<string, string>()
  readonly sojourn: Sojourn<Data>

  constructor(sojourn: Sojourn<Data>) {
    this.sojourn = sojourn
  }

  get cookie(): string | undefined {
    if (this.jar.size === 0) return undefined
    return [...this.jar].map(([name, value]) => `${name}=${value}`).join('; ')
  }

  /** One request: runs the handler, commits, and keeps the cookies of the answer. */
  async visit<Result>(
    handler: (session: Session<Data>) => Result | Promise<Result>,
    facts: RequestFacts = {},
  ): Promise<Result> {
    const { result, outgoing } = await this.request(handler, facts)
    this.keep(outgoing)
    return result
  }

  /** One request whose answer the caller looks at; the jar is left as it is. */
  async request<Result>(
    handler: (session: Session<Data>) => Result | Promise<Result>,
    facts: RequestFacts = {},
  ): Promise<Answer<Result>> {
    const exchange = this.sojourn.exchange(incoming(facts.cookie ?? this.cookie, facts))
    const result = await handler(exchange.session)
    return { result, outgoing: await exchange.commit() }
  }

  keep(outgoing: Outgoing | undefined): void {
    for (const line of outgoing?.cookies ?? []) {
      const [name = '', value = ''] = (line.split(';')[0] ?? '').split(/=(.*)/s)
      if (/max-age=0(;|$)/i.test(line)) this.jar.delete(name)
      else this.jar.set(name, value)
    }
  }
}

export function incoming(cookie: string | undefined, facts: RequestFacts = {}): Incoming {
  const [given] =
    typeof facts.authorization === 'object' ? facts.authorization : [facts.authorization]
  const authorization = facts.bearer === undefined ? given : `Bearer ${facts.bearer}`
  return {
    method: facts.method ?? 'GET',
    target: facts.target ?? '/',
    host: facts.host ?? 'app.example',
    isSecure: facts.isSecure ?? true,
    address: facts.address ?? '203.0.113.7',
    userAgent: facts.userAgent ?? 'Mozilla/5.0 (X11; Linux x86_64) Test/1',
    cookieHeader: cookie,
    forwardedNotice: facts.forwardedNotice,
    header: (name) => (name.toLowerCase() === 'authorization' ? authorization : undefined),
    isRepeated: () => typeof facts.authorization === 'object' && facts.authorization.length > 1,
  }
}
