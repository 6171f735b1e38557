/** A browser with tabs, and a service, both made up: timers and clocks are vitest's, so that tests move them. */
import { createClientOn } from '../../../src/browser/client.js'
import type { Client, ClientEvents, ClientOptions } from '../../../src/browser/index.js'
import type { Platform } from '../../../src/browser/platform.js'

export const ORIGIN = 'https://app.example'
const CHALLENGE = 'Cookie realm="sojourn"'

export interface Sent {
  readonly method: string
  readonly path: string
  readonly headers: Headers
  readonly body: string
}

/** Answers like the service, as far as the client can tell. Its clock is one hour ahead of everybody's. */
export class MadeUpService {
  readonly sent: Sent[] = []
  idle = 60_000
  absolute = 3_600_000
  /** The access token in the browser's cookie is worth something. */
  isFresh = true
  csrf: string | undefined
  /** Answers in place of the usual ones, by `METHOD /path`. `throw`: nobody answers. */
  readonly instead = new Map<string, () => Response | Promise<Response>>()
  #session: { id: string; subject: string; startedAt: number; seenAt: number } | undefined
  #reason = 'unknown'
  readonly streams: MadeUpStream[] = []

  signIn(subject = 'ada', id: string = crypto.randomUUID()): void {
    this.#session = { id, subject, startedAt: this.now(), seenAt: this.now() }
    this.isFresh = true
  }

  now(): number {
    return Date.now() - this.#jump + 3_600_000
  }

  #jump = 0
  /** Moves the time of day of the person's computer, and nobody else's. */
  moveClientClock(by: number, setSystemTime: (at: number) => void): void {
    setSystemTime(Date.now() + by)
    this.#jump += by
  }

  end(reason: string): void {
    this.#session = undefined
    this.#reason = reason
  }

  /** Somebody is active whom the client does not know of. */
  touch(): void {
    if (this.#session !== undefined) this.#session.seenAt = this.now()
  }

  count(request: string): number {
    return this.sent.filter(({ method, path }) => `${method} ${path}` === request).length
  }

  facts(): Record<string, unknown> | undefined {
    const session = this.#session
    if (session === undefined) return undefined
    const expiresAt = session.startedAt + this.absolute
    return {
      id: session.id,
      subject: session.subject,
      lastSeenAt: text(session.seenAt),
      idleExpiresAt: text(Math.min(session.seenAt + this.idle, expiresAt)),
      expiresAt: text(expiresAt),
      serverTime: text(this.now()),
    }
  }

  readonly fetch = async (input: RequestInfo | URL, init?: RequestInit): Promise<Response> => {
    const request = new Request(input, init)
    const { pathname } = new URL(request.url)
    const { method, headers } = request
    this.sent.push({ method, path: pathname, headers, body: await request.text() })
    const own = this.instead.get(`${method} ${pathname}`)
    return own === undefined ? this.#answer(method, pathname, headers) : own()
  }

  #answer(method: string, path: string, headers: Headers): Response {
    const isUnsafe = method !== 'GET'
    if (isUnsafe && this.csrf !== undefined && headers.get('x-csrf-token') !== this.csrf) {
      return problem(403, 'csrf_invalid')
    }
    if (path === '/csrf') return Response.json({ token: this.csrf, header: 'X-CSRF-Token' })
    if (path === '/auth/refresh') return this.#refresh()
    if (path === '/login') return this.#signInByRequest()
    const session = this.#living()
    if (session === undefined) {
      return problem(401, this.#reason === 'unknown' ? 'session_missing' : 'session_ended', {
        challenge: CHALLENGE,
        reason: this.#reason,
      })
    }
    if (!this.isFresh) return problem(401, 'token_expired', { challenge: CHALLENGE })
    if (headers.get('sojourn-passive') !== '1') session.seenAt = this.now()
    if (path === '/logout') this.end('logged_out')
    return Response.json(this.facts() ?? {})
  }

  #living(): { seenAt: number } | undefined {
    const session = this.#session
    if (session === undefined) return undefined
    if (this.now() >= session.startedAt + this.absolute) this.end('expired_absolute')
    else if (this.now() >= session.seenAt + this.idle) this.end('expired_idle')
    return this.#session
  }

  #refresh(): Response {
    if (this.#living() === undefined) {
      return problem(401, 'invalid_grant', { challenge: CHALLENGE, reason: this.#reason })
    }
    this.isFresh = true
    return Response.json({ success: true })
  }

  #signInByRequest(): Response {
    this.signIn()
    return Response.json({})
  }
}

export function problem(
  status: number,
  code: string,
  { challenge, reason }: { readonly challenge?: string; readonly reason?: string } = {},
): Response {
  const headers = new Headers({ 'content-type': 'application/problem+json' })
  if (challenge !== undefined) headers.set('www-authenticate', challenge)
  return new Response(JSON.stringify({ status, code, reason, detail: code }), { status, headers })
}

const text = (at: number): string => new Date(at).toISOString()

export class MadeUpStream extends EventTarget {
  onopen: (() => void) | null = null
  onerror: (() => void) | null = null
  isClosed = false
  close(): void {
    this.isClosed = true
  }
  say(name: string, data: unknown): void {
    this.dispatchEvent(new MessageEvent(name, { data: JSON.stringify(data) }))
  }
}

export interface Tab {
  readonly client: Client
  /** What its page was told, oldest first, with the moment. */
  readonly told: {
    readonly name: keyof ClientEvents
    readonly event: object
    readonly at: number
  }[]
  hide(): void
  show(): void
  goOnline(): void
}

export interface BrowserOptions {
  readonly hasLocks?: boolean
  readonly hasChannel?: boolean
  readonly hasStream?: boolean
}

/** Opens tabs that share locks and messages. */
export function madeUpBrowser(service: MadeUpService, has: BrowserOptions = {}) {
  const { hasLocks = true, hasChannel = true, hasStream = false } = has
  const locks = hasLocks ? madeUpLocks() : undefined
  const listeners = new Set<(message: unknown, from: object) => void>()
  const tabs: Tab[] = []
  const open = (options: ClientOptions = {}): Tab => {
    const number = tabs.length
    let wake = (): void => undefined
    let rest = (): void => undefined
    let isHidden = false
    const platform: Platform = {
      fetch: service.fetch,
      now: () => performance.now(),
      wallNow: () => Date.now(),
      // Another one in each tab, and the same in each run.
      chance: () => number / 10,
      locks: locks as unknown as LockManager | undefined,
      openChannel: () => (hasChannel ? madeUpChannel(listeners) : undefined),
      openEvents() {
        if (!hasStream) return undefined
        const stream = new MadeUpStream()
        service.streams.push(stream)
        return stream as unknown as EventSource
      },
      isHidden: () => isHidden,
      watch(onWake, onRest) {
        wake = onWake
        rest = onRest
        return () => undefined
      },
      address: () => `${ORIGIN}/notes?of=today#third`,
    }
    const client = createClientOn(platform, { paths: { csrf: '/csrf' }, ...options })
    const told: Tab['told'] = []
    for (const name of ['expiring', 'extended', 'ended'] as const) {
      client.on(name, (event) => told.push({ name, event, at: performance.now() }))
    }
    const tab: Tab = {
      client,
      told,
      hide() {
        isHidden = true
        rest()
      },
      show() {
        isHidden = false
        wake()
      },
      goOnline: () => wake(),
    }
    tabs.push(tab)
    return tab
  }
  return { open, close: () => tabs.forEach(({ client }) => client.close()) }
}

function madeUpChannel(listeners: Set<(message: unknown, from: object) => void>) {
  const self = {}
  let own: ((message: unknown, from: object) => void) | undefined
  return {
    post(message: unknown) {
      const copy: unknown = structuredClone(message)
      // Later than any lock is passed on: a message may be the last to arrive.
      for (const listener of listeners) setTimeout(() => listener(copy, self), 5)
    },
    listen(listener: (message: unknown) => void) {
      own = (message, from) => {
        if (from !== self) listener(message)
      }
      listeners.add(own)
    },
    close() {
      if (own !== undefined) listeners.delete(own)
    },
  }
}

type Granted = () => unknown

/** Exclusive locks alone, as the client uses them. */
function madeUpLocks() {
  const held = new Set<string>()
  const queues = new Map<string, (() => void)[]>()
  const release = (name: string): void => {
    held.delete(name)
    queues.get(name)?.shift()?.()
  }
  return {
    query: async () => ({ held: [...held].map((name) => ({ name })) }),
    request(name: string, ...rest: [Granted] | [{ signal?: AbortSignal }, Granted]) {
      const work = rest.at(-1) as Granted
      const { signal } = (rest.length === 2 ? rest[0] : {}) as { signal?: AbortSignal }
      return new Promise((resolve, reject) => {
        const run = (): void => {
          if (signal?.aborted === true) {
            queues.get(name)?.shift()?.()
            return
          }
          held.add(name)
          Promise.resolve()
            .then(work)
            .then(resolve, reject)
            .finally(() => release(name))
        }
        signal?.addEventListener('abort', () => reject(new Error('aborted')))
        if (!held.has(name)) run()
        else queues.set(name, [...(queues.get(name) ?? []), run])
      })
    },
  }
}
