/**
 * The bench on which one scenario is run twice: once with express-session as published, once with ours.
 * A lab starts servers, speaks raw HTTP to them and writes down, in order, all that could be observed.
 * Only the two logs are compared; no scenario says what it expects.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { createHmac } from 'node:crypto'
import { setImmediate as turn } from 'node:timers/promises'
import { expect, it, vi } from 'vitest'
import { exchange, parseAnswer, requestText, withoutDate } from './raw-client.js'
import type { Answer, Sent } from './raw-client.js'
import { recordingStore, type StoreBehaviour } from './recording-store.js'
import { show } from './show.js'
import { ORIGINAL, SUBJECT, type SessionModule } from './subject.js'

export type Scenario = (session: SessionModule, lab: Lab) => unknown
export type Handler = (req: any, res: any, next: (error?: unknown) => void) => unknown
export type Application = (req: IncomingMessage, res: ServerResponse) => void

/** 1 ms before a full second, so that rounding shows. */
const START = Date.UTC(2030, 0, 1, 12, 0, 0, 999)
export const SECRET = 'keyboard cat'

/** `it`, for both modules: they must leave the same log. */
export function compare(title: string, scenario: Scenario): void {
  it(
    title,
    async () => {
      const expected = await observe(ORIGINAL, scenario)
      expect(expected, 'the scenario observes something').not.toHaveLength(0)
      expect(expected.at(-1)).not.toMatchObject(['the scenario threw'])
      expect(await observe(SUBJECT, scenario)).toStrictEqual(expected)
    },
    3000,
  )
}

/** Runs a scenario and returns its log. Date stands still at START, unless the scenario moves it. */
export async function observe(session: SessionModule, scenario: Scenario): Promise<unknown[]> {
  const lab = new Lab(session)
  const restore = listenToProcess(lab)
  vi.useFakeTimers({ toFake: ['Date'], now: START })
  try {
    const result = await scenario(session, lab)
    if (result !== undefined) lab.note('returned', result)
  } catch (error) {
    lab.note('the scenario threw', error)
  } finally {
    await lab.close()
    vi.useRealTimers()
    restore()
  }
  return lab.log
}

/** What would end the process is an observation too; who else listens is put aside meanwhile. */
function listenToProcess(lab: Lab): () => void {
  const heard = {
    uncaughtException: (error: unknown) => lab.crash('uncaught', error),
    unhandledRejection: (error: unknown) => lab.crash('unhandled', error),
    // With a listener, deprecations go to it instead of stderr.
    deprecation: () => undefined,
  }
  const before = Object.entries(heard).map(([event, listener]) => {
    const others = process.listeners(event as never)
    process.removeAllListeners(event).on(event, listener)
    return [event, others] as const
  })
  return () => {
    for (const [event, others] of before) {
      process.removeAllListeners(event)
      for (const other of others) process.on(event, other)
    }
  }
}

/** The cookie header with which a client presents this id. */
export function signed(id: string, secret: string | Buffer = SECRET, name = 'connect.sid'): string {
  const mac = createHmac('sha256', secret).update(id).digest('base64').replace(/=+$/, '')
  return `${name}=${encodeURIComponent(`s:${id}.${mac}`)}`
}

export class Lab {
  readonly log: unknown[] = []
  readonly #session: SessionModule
  readonly #servers = new Map<Application, Promise<Server>>()
  readonly #names = new Map<string, string>()
  #ids = 0

  constructor(session: SessionModule) {
    this.#session = session
  }

  /** For the few calls that would only crash the original. */
  get isOriginal(): boolean {
    return this.#session === ORIGINAL
  }

  note(...entry: readonly unknown[]): void {
    this.log.push(this.#withoutChance(show(entry)))
  }

  /** Notes what a call gives or throws. */
  attempt<T>(what: string, call: () => T): T | undefined {
    try {
      const value = call()
      this.note(what, 'gives', value)
      return value
    } catch (error) {
      this.note(what, 'throws', error)
      return undefined
    }
  }

  /** A callback that notes all it is given. */
  callback(what: string, then?: (...given: any[]) => unknown): (...given: unknown[]) => void {
    return (...given) => {
      this.note(what, ...given)
      then?.(...given)
    }
  }

  /** Ids that can be foretold: sid-1, sid-2, ... */
  readonly genid = (): string => `sid-${++this.#ids}`

  /** Options under which nothing happens that was not asked for. */
  options(more: Record<string, unknown> = {}): Record<string, unknown> {
    return {
      secret: SECRET,
      resave: false,
      saveUninitialized: false,
      genid: this.genid,
      ...more,
    }
  }

  store(behaviour?: StoreBehaviour): any {
    return recordingStore(this.#session, this, behaviour)
  }

  /** The session middleware with a recording store, under quiet options. */
  middleware(more: Record<string, unknown> = {}): Handler {
    return this.#session(this.options({ store: this.store(), ...more }))
  }

  /** A connect-like chain. What is thrown or passed to `next` is noted, and ends the request. */
  app(...handlers: readonly Handler[]): Application {
    return (req, res) => {
      const run = (index: number, error?: unknown, ...rest: unknown[]): void => {
        if (error !== undefined || rest.length > 0) this.note(`next ${index}`, error, ...rest)
        const handler = handlers[index]
        if ((error ?? undefined) !== undefined || handler === undefined)
          return this.#fail(res, error)
        let calls = 0
        try {
          handler(req, res, (...given) => {
            calls += 1
            if (calls > 1) this.note(`next ${index} again`, calls, ...given)
            if (calls === 1) run(index + 1, ...given)
          })
        } catch (thrown) {
          this.note(`handler ${index} threw`, thrown)
          // Nothing is sure about the response now, not even that `end` still ends it.
          req.socket.destroy()
        }
      }
      run(0)
    }
  }

  /** One request on a connection of its own, and the whole answer. */
  async get(app: Application, sent: Sent & { cookie?: string } = {}): Promise<Answer> {
    const headers = sent.cookie === undefined ? {} : { Cookie: sent.cookie }
    return this.raw(app, requestText({ ...sent, headers: { ...headers, ...sent.headers } }))
  }

  /** The same for bytes that are no ordinary request. */
  async raw(app: Application, text: string): Promise<Answer> {
    this.note('request', text.slice(0, text.indexOf('\r\n')))
    const answer = parseAnswer(await exchange(await this.port(app), text))
    // What was deferred past the end of the response belongs to this request.
    await turn()
    await turn()
    this.note('answer', ...answer.head, '', answer.body)
    return answer
  }

  /** A client that sends back the cookies it was given. */
  client(app: Application): (sent?: Sent) => Promise<Answer> {
    const jar = new Map<string, string>()
    return async (sent = {}) => {
      const cookie = [...jar].map((pair) => pair.join('=')).join('; ')
      const answer = await this.get(app, { ...sent, ...(cookie === '' ? {} : { cookie }) })
      for (const line of answer.cookies) {
        const [, name, value] = /^([^=]*)=([^;]*)/.exec(line) ?? []
        if (name !== undefined) jar.set(name, value ?? '')
      }
      return answer
    }
  }

  /** The server's ends of the connections that were made since this was called. */
  async sockets(app: Application): Promise<readonly Socket[]> {
    await this.port(app)
    const sockets: Socket[] = []
    const server = await this.#servers.get(app)
    server?.on('connection', (socket: Socket) => sockets.push(socket))
    return sockets
  }

  async port(app: Application): Promise<number> {
    const started = this.#servers.get(app) ?? listen(app)
    this.#servers.set(app, started)
    return ((await started).address() as AddressInfo).port
  }

  /** Notes every write of the server to its sockets, between all else that is noted. */
  async tap(app: Application): Promise<void> {
    await this.port(app)
    const server = await this.#servers.get(app)
    server?.on('connection', (socket: Socket) => {
      const write = socket.write.bind(socket) as (...given: unknown[]) => boolean
      socket.write = (...given: unknown[]) => {
        const [data, encoding] = given
        const bytes = typeof data === 'string' ? Buffer.from(data, encoding as never) : data
        this.note('wire', withoutDate((bytes as Buffer).toString('latin1')))
        return write(...given)
      }
    })
  }

  /** Notes what nobody caught, and ends the requests that wait for it. */
  crash(what: string, error: unknown): void {
    this.note(what, error)
    for (const started of this.#servers.values()) {
      void started.then((server) => server.closeAllConnections())
    }
  }

  advance(milliseconds: number): void {
    vi.setSystemTime(Date.now() + milliseconds)
  }

  async close(): Promise<void> {
    for (const started of this.#servers.values()) {
      const server = await started
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    }
  }

  /** Ids made by chance, and what is signed over them, by the order in which they appear. */
  #withoutChance(value: unknown): unknown {
    if (typeof value === 'string') {
      return value
        .replaceAll(/(s(?:%3A|:))([\w-]{32})\.[\w+/%]{43,}/g, (_, start, id) => {
          return `${start}${this.#nameOf(id)}.<mac>`
        })
        .replaceAll(/(?<![\w-])[\w-]{32}(?![\w-])/g, (id) => this.#nameOf(id))
    }
    if (Array.isArray(value)) return value.map((item) => this.#withoutChance(item))
    if (typeof value !== 'object' || value === null) return value
    return Object.fromEntries(
      Object.entries(value).map(([key, item]) => [
        this.#withoutChance(key),
        this.#withoutChance(item),
      ]),
    )
  }

  #fail(res: ServerResponse, error: unknown): void {
    if (res.writableEnded || res.headersSent) return
    try {
      res.statusCode = error === undefined ? 404 : 500
      res.end(error === undefined ? 'nobody answered' : 'failed')
    } catch (thrown) {
      this.note('end threw', thrown)
      res.destroy()
    }
  }

  #nameOf(id: string): string {
    const name = this.#names.get(id) ?? `<id ${this.#names.size + 1}>`
    this.#names.set(id, name)
    return name
  }
}

async function listen(app: Application): Promise<Server> {
  const server = createServer(app)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return server
}
