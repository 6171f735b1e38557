import { Agent, request as httpRequest, type IncomingHttpHeaders } from 'node:http'
import { undescribed } from './described.js'

/** An answer as it came over the wire. */
export interface Answer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  /** The lines of `Set-Cookie`, but for the one below. */
  readonly cookies: readonly string[]
  /** The line that makes a known device of this browser: no part of any session. */
  readonly deviceCookie: string | undefined
  readonly text: string
  /** From sending the first byte to having the last. */
  readonly milliseconds: number
  /** The body as JSON. */
  json<Body = any>(): Body
}

export interface RequestFacts {
  readonly headers?: Readonly<Record<string, string | readonly string[]>>
  /** Sent as it is. */
  readonly body?: string | Buffer
  /** Replaces what the jar holds; the answer's cookies are not kept then. */
  readonly cookie?: string
  /** The service is made to fail: its answer need not be one that is described. */
  readonly isDescribed?: false
}

export interface ClientOptions {
  /** Sent with every request. */
  readonly headers?: Readonly<Record<string, string>>
  /** What connects. Default: plain http with connections that are kept. */
  readonly agent?: Agent
  /** Hears every answer. */
  readonly onAnswer?: (answer: Answer) => void
  /** What it asks is not the service. Otherwise an answer outside the description of the API is an error. */
  readonly isDescribed?: false
}

const DEVICE = /^(?:__Host-)?device-[\w-]{4}=/
const JSON_TYPE = { 'Content-Type': 'application/json' }
const PAGE = { Accept: 'text/html,application/xhtml+xml' }

/** Somebody with a cookie jar, at one address: asks for JSON as a script does, or for pages as a browser does. */
export class Client {
  /** What a session is made of. */
  readonly jar = new Map<string, string>()
  /** What says that somebody has signed in here before; sent along with the jar. */
  readonly devices = new Map<string, string>()
  readonly #at: () => string
  readonly #options: ClientOptions
  readonly #agent: Agent

  /** @param at - where the service is now: it may come back under another address. */
  constructor(at: string | (() => string), options: ClientOptions = {}) {
    this.#at = typeof at === 'string' ? () => at : at
    this.#options = options
    this.#agent = options.agent ?? new Agent({ keepAlive: true, maxSockets: 64 })
  }

  /** The `Cookie` header that the jar makes. */
  get cookie(): string {
    return cookieOf([...this.jar])
  }

  /** What it connects by. */
  get agent(): Agent {
    return this.#agent
  }

  /** Where its pages come from. */
  get origin(): string {
    return this.#options.headers?.['Origin'] ?? new URL(this.#at()).origin
  }

  /** One request. What it sets goes into the jar, as in a browser. */
  async request(method: string, path: string, facts: RequestFacts = {}): Promise<Answer> {
    const cookie = facts.cookie ?? cookieOf([...this.jar, ...this.devices])
    const headers = {
      ...(cookie === '' ? {} : { Cookie: cookie }),
      ...this.#options.headers,
      ...facts.headers,
    }
    const answer = await send(new URL(this.#at()), this.#agent, method, path, headers, facts.body)
    if (facts.cookie === undefined) this.keep(answer.headers['set-cookie'] ?? [])
    this.#options.onAnswer?.(answer)
    const isHeld = this.#options.isDescribed !== false && facts.isDescribed !== false
    const wrong = isHeld ? undescribed(method, path, answer) : undefined
    if (wrong !== undefined) throw new Error(wrong)
    return answer
  }

  get(path: string, facts: RequestFacts = {}): Promise<Answer> {
    return this.request('GET', path, facts)
  }

  /** Sends JSON. */
  post(path: string, body?: unknown, facts: RequestFacts = {}): Promise<Answer> {
    return this.#withJson('POST', path, body, facts)
  }

  patch(path: string, body: unknown, facts: RequestFacts = {}): Promise<Answer> {
    return this.#withJson('PATCH', path, body, facts)
  }

  delete(path: string, facts: RequestFacts = {}): Promise<Answer> {
    return this.request('DELETE', path, facts)
  }

  /** Asks for a page, and does not follow where it leads. */
  page(path: string, facts: RequestFacts = {}): Promise<Answer> {
    return this.get(path, { ...facts, headers: { ...PAGE, ...facts.headers } })
  }

  /** Sends a form from a page of this very host, as a browser does. */
  form(path: string, fields: Readonly<Record<string, string>> = {}): Promise<Answer> {
    return this.request('POST', path, {
      headers: {
        ...PAGE,
        'Content-Type': 'application/x-www-form-urlencoded',
        'Sec-Fetch-Site': 'same-origin',
        Origin: this.origin,
      },
      body: new URLSearchParams(fields).toString(),
    })
  }

  /** The page that a redirect leads to. */
  async follow(answer: Answer): Promise<Answer> {
    const target = new URL(answer.headers.location ?? '', this.#at())
    return this.page(target.pathname + target.search)
  }

  /** Somebody new with the same cookies, whose jar goes its own way from here. */
  copy(): Client {
    const other = new Client(this.#at, this.#options)
    for (const [name, value] of this.jar) other.jar.set(name, value)
    for (const [name, value] of this.devices) other.devices.set(name, value)
    return other
  }

  keep(cookies: readonly string[]): void {
    for (const line of cookies) {
      const [name = '', value = ''] = (line.split(';')[0] ?? '').split(/=(.*)/s)
      const jar = DEVICE.test(line) ? this.devices : this.jar
      if (/;\s*max-age=0(?:;|$)/i.test(line)) jar.delete(name)
      else jar.set(name, value)
    }
  }

  #withJson(method: string, path: string, body: unknown, facts: RequestFacts): Promise<Answer> {
    if (body === undefined) return this.request(method, path, facts)
    const headers = { ...JSON_TYPE, ...facts.headers }
    return this.request(method, path, { ...facts, headers, body: JSON.stringify(body) })
  }
}

function cookieOf(jar: readonly (readonly [string, string])[]): string {
  return jar.map(([name, value]) => `${name}=${value}`).join('; ')
}

function send(
  at: URL,
  agent: Agent,
  method: string,
  path: string,
  headers: Record<string, any>,
  body: string | Buffer | undefined,
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const start = performance.now()
    const length = body === undefined ? {} : { 'Content-Length': Buffer.byteLength(body) }
    const outgoing = httpRequest(
      {
        ...{ protocol: at.protocol, host: at.hostname, port: at.port, path, method, agent },
        headers: { ...length, ...headers },
      },
      (incoming) => {
        const chunks: Buffer[] = []
        incoming.on('data', (chunk: Buffer) => chunks.push(chunk))
        incoming.on('error', reject)
        incoming.on('end', () => {
          const text = Buffer.concat(chunks).toString()
          const lines = incoming.headers['set-cookie'] ?? []
          resolve({
            status: incoming.statusCode ?? 0,
            headers: incoming.headers,
            cookies: lines.filter((line) => !DEVICE.test(line)),
            deviceCookie: lines.find((line) => DEVICE.test(line)),
            text,
            milliseconds: performance.now() - start,
            json: <Body>() => JSON.parse(text) as Body,
          })
        })
      },
    )
    outgoing.on('error', reject)
    outgoing.end(body)
  })
}
