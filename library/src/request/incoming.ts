/**
 * request/ owns what came in: the target, the cookies, who the client is and how it is connected.
 * Adapters make an {@link Incoming} of their framework's request; credential/ and session/ read it.
 * It trusts no header that a client could have written, and it never judges a credential.
 */
import { clientAddress, type ProxyTrust } from './client-address.js'
import { judgeTransport, type Transport } from './secure-transport.js'

/** One request, whatever framework it came through. Everything is read when first asked for. */
export interface Incoming {
  /** `GET`, `POST`, …, as sent. */
  readonly method: string
  /** Path and query as the client sent them, also inside a mounted router. */
  readonly target: string
  /**
   * The `Host` header (HTTP/2: `:authority`). `X-Forwarded-Host` is never read: let the proxy pass the
   * host on. A client writes this text; use it for comparisons, never to build a link.
   */
  readonly host: string | undefined
  /** Whether the client's connection is TLS, directly or by the word of a trusted proxy. */
  readonly isSecure: boolean
  /** The client's address in canonical form; empty where the connection has none (a Unix socket). */
  readonly address: string
  /** At most 256 characters. Foreign text: escape it wherever it is shown. */
  readonly userAgent: string | undefined
  /** The raw `Cookie` header, for `readCookies`. */
  readonly cookieHeader: string | undefined
  /** One header by its name in any case; repeated ones joined by commas, as Node does it. */
  header(name: string): string | undefined
  /** Whether the client sent that header more than once; of some of them Node shows only the first. */
  isRepeated(name: string): boolean
  /**
   * Why a forwarded header was not believed, for the diagnostic of a cookie that cannot be set, such as
   * `x-forwarded-proto=https from 10.0.0.3 ignored: trustProxy is not set`. Visible ASCII, under 200 characters.
   */
  readonly forwardedNotice: string | undefined
}

/**
 * What tells a request that a program sends by itself from one of a person. Anybody can send any header: a passive request
 * only shortens the stay of its sender.
 */
export type PassiveFacts = Pick<Incoming, 'method' | 'target' | 'header'>

/** Those facts, for people who take what they are given apart. */
export function factsOf(incoming: Incoming): PassiveFacts {
  const { method, target } = incoming
  return { method, target, header: (name) => incoming.header(name) }
}

/** The part of a Node request that is read: `http`, `https`, `http2` (compatibility API) and Express requests fit. */
export interface NodeRequest {
  readonly method?: string | undefined
  readonly url?: string | undefined
  /** What Express keeps of `url` before a router cuts its mount path off. */
  readonly originalUrl?: string | undefined
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  /** Names and values in turn, as they were sent. */
  readonly rawHeaders?: readonly string[] | undefined
  readonly socket: {
    readonly remoteAddress?: string | undefined
    /** `true` on a TLS socket. */
    readonly encrypted?: boolean | undefined
  }
}

const LONGEST_AGENT = 256

/** The path of a target, for events: a query may hold what must not be in a log. */
export function pathOf({ target }: Pick<Incoming, 'target'>): string {
  const end = target.search(/[?#]/)
  return end === -1 ? target : target.slice(0, end)
}

/** An agent's name as {@link Incoming} shows it. */
export function shortened(agent: string | undefined): string | undefined {
  if (agent === undefined || agent.length <= LONGEST_AGENT) return agent
  // A plain slice would keep the whole header alive for as long as a record keeps its first 256 characters.
  return Buffer.from(agent.slice(0, LONGEST_AGENT), 'utf16le').toString('utf16le')
}

/** Makes an {@link Incoming} of a Node request. Costs one small object until something is asked. */
export function createNodeIncoming(request: NodeRequest, trust: ProxyTrust): Incoming {
  return new NodeIncoming(request, trust)
}

class NodeIncoming implements Incoming {
  readonly #request: NodeRequest
  readonly #trust: ProxyTrust
  #headers: NodeRequest['headers'] | undefined
  #address: string | undefined
  #transport: Transport | undefined

  constructor(request: NodeRequest, trust: ProxyTrust) {
    this.#request = request
    this.#trust = trust
  }

  get method(): string {
    return this.#request.method ?? 'GET'
  }

  get target(): string {
    return this.#request.originalUrl ?? this.#request.url ?? '/'
  }

  get host(): string | undefined {
    return this.#lowerCase('host') ?? this.#lowerCase(':authority')
  }

  get isSecure(): boolean {
    return this.#judged().isSecure
  }

  get forwardedNotice(): string | undefined {
    return this.#judged().notice
  }

  get address(): string {
    this.#address ??= clientAddress(
      this.#request.socket.remoteAddress,
      this.#lowerCase('x-forwarded-for'),
      this.#trust,
    )
    return this.#address
  }

  get userAgent(): string | undefined {
    return shortened(this.#lowerCase('user-agent'))
  }

  get cookieHeader(): string | undefined {
    return this.#lowerCase('cookie')
  }

  header(name: string): string | undefined {
    return this.#lowerCase(name.toLowerCase())
  }

  isRepeated(name: string): boolean {
    const wanted = name.toLowerCase()
    const { rawHeaders = [] } = this.#request
    let count = 0
    for (let at = 0; at < rawHeaders.length; at += 2) {
      if (rawHeaders[at]?.toLowerCase() === wanted) count += 1
    }
    return count > 1
  }

  #lowerCase(name: string): string | undefined {
    // Express makes whatever is read of a request slow: once is enough.
    this.#headers ??= this.#request.headers
    const value = this.#headers[name]
    if (typeof value === 'string') return value
    // Never what an object inherits, should somebody ask for a header called `constructor`.
    return Array.isArray(value) ? value.join(', ') : undefined
  }

  #judged(): Transport {
    const { socket } = this.#request
    this.#transport ??= judgeTransport(
      {
        isEncrypted: socket.encrypted === true,
        peer: socket.remoteAddress,
        forwardedProto: this.#lowerCase('x-forwarded-proto'),
        forwardedFor: this.#lowerCase('x-forwarded-for'),
        forwarded: this.#lowerCase('forwarded'),
      },
      this.#trust,
    )
    return this.#transport
  }
}
