import { clientAddress, type ProxyTrust } from './client-address.js'
import { shortened, type Incoming } from './incoming.js'
import { judgeTransport, type Transport } from './secure-transport.js'

/** The part of a web `Request` that is read. */
export interface WebRequest {
  readonly method: string
  readonly url: string
  readonly headers: { get(name: string): string | null }
}

/** What only the runtime knows of the connection that a web `Request` came by. */
export interface WebConnection {
  /** The address of whoever connected to this process: the client, or the last proxy. Default: unknown. */
  readonly address?: string | undefined
  /** Whether that connection is TLS. Default: whether `request.url` begins with `https:`. */
  readonly isSecure?: boolean | undefined
}

/**
 * Makes an {@link Incoming} of a web `Request` (Next.js, SvelteKit, Bun, Deno, …). Such a request does not say who sent
 * it: hand in what the runtime knows. Forwarded headers count by the same rules as for Node: only where `trustProxy` trusts
 * the address that connected.
 */
export function createWebIncoming(
  request: WebRequest,
  trust: ProxyTrust,
  connection: WebConnection = {},
): Incoming {
  return new WebIncoming(request, trust, connection)
}

/** A comma and a second scheme: the parameters of one have no space before their `=`. */
const SECOND_SCHEME = /, *[\w-]+ +[^\s=]/

class WebIncoming implements Incoming {
  readonly #request: WebRequest
  readonly #trust: ProxyTrust
  readonly #connection: WebConnection
  #address: string | undefined
  #transport: Transport | undefined

  constructor(request: WebRequest, trust: ProxyTrust, connection: WebConnection) {
    this.#request = request
    this.#trust = trust
    this.#connection = connection
  }

  get method(): string {
    return this.#request.method
  }

  get target(): string {
    const { url } = this.#request
    const path = url.indexOf('/', url.indexOf('://') + 3)
    const fragment = url.indexOf('#')
    return path === -1 ? '/' : url.slice(path, fragment === -1 ? undefined : fragment)
  }

  get host(): string | undefined {
    return this.header('host') ?? new URL(this.#request.url).host
  }

  get isSecure(): boolean {
    return this.#judged().isSecure
  }

  get forwardedNotice(): string | undefined {
    return this.#judged().notice
  }

  get address(): string {
    this.#address ??= clientAddress(
      this.#connection.address,
      this.header('x-forwarded-for'),
      this.#trust,
    )
    return this.#address
  }

  get userAgent(): string | undefined {
    return shortened(this.header('user-agent'))
  }

  get cookieHeader(): string | undefined {
    return this.header('cookie')
  }

  header(name: string): string | undefined {
    return this.#request.headers.get(name) ?? undefined
  }

  /** A `Headers` object shows repeated headers joined by commas; those that are asked for have none of their own. */
  isRepeated(name: string): boolean {
    const value = this.header(name) ?? ''
    return name.toLowerCase() === 'authorization' ? SECOND_SCHEME.test(value) : value.includes(',')
  }

  #judged(): Transport {
    const { isSecure, address } = this.#connection
    this.#transport ??= judgeTransport(
      {
        isEncrypted: isSecure ?? this.#request.url.startsWith('https:'),
        peer: address,
        forwardedProto: this.header('x-forwarded-proto'),
        forwardedFor: this.header('x-forwarded-for'),
        forwarded: this.header('forwarded'),
      },
      this.#trust,
    )
    return this.#transport
  }
}
