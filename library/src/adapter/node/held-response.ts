import { directResponse } from './direct-response.js'
import {
  hasExplicitHeaders,
  mergeExplicitHeaders,
  snapshotOf,
  type HeaderSnapshot,
} from './explicit-headers.js'
import { answerFailure, forgetAnswer } from './failure-answer.js'
import {
  byteLength,
  headersSentError,
  isRefusedByNode,
  type Call,
  type HoldableResponse,
  type HoldOptions,
  type Method,
} from './holdable-response.js'

export type { HoldableResponse, HoldOptions } from './holdable-response.js'

interface HeldCall {
  readonly method: Method | 'flush'
  readonly args: unknown[]
}

const LEAST_HELD_BYTES = 65_536

/**
 * Calls `settle` once, just before the first byte of `response` or its headers would leave.
 *
 * Where it answers `undefined`, the response goes on as if nobody had held it, byte for byte. Where it
 * answers a promise, what the application says is kept back and repeated in order once it resolves;
 * `settle` may add headers until then, and `writeHead`'s own headers do not overwrite its cookies or
 * `Vary`. Where it throws or rejects, nothing of that answer is sent, and `onFailure` answers.
 *
 * The application cannot tell: as soon as its first word is held, `headersSent` is `true` (an error
 * handler must not start a second answer), and after `end`, `writableEnded` is; `'finish'` and callbacks
 * come when the bytes have really left. Only a header set between the first word and the flush differs:
 * Node would throw, here it is still sent.
 */
export function holdResponse<Response extends HoldableResponse>(
  response: Response,
  settle: () => Promise<void> | undefined,
  options?: HoldOptions<Response>,
): void {
  const held = new HeldResponse(response, settle, options)
  const methods = response as unknown as Record<Method, Call>
  methods.writeHead = (...args) => held.call('writeHead', args)
  methods.write = (...args) => held.call('write', args)
  methods.end = (...args) => held.call('end', args)
  methods.flushHeaders = () => held.call('flushHeaders', [])
}

class HeldResponse<Response extends HoldableResponse> {
  readonly #response: Response
  readonly #settle: () => Promise<void> | undefined
  readonly #options: HoldOptions<Response> | undefined
  /** What the methods were before: Node's own, or those of whoever wrapped the response earlier. */
  readonly #inner: Readonly<Record<Method, Call>>
  #phase: 'silent' | 'held' | 'open' | 'failed' = 'silent'
  #failure: unknown
  #before: HeaderSnapshot | undefined
  #queue: HeldCall[] | undefined
  #status = 200
  #heldBytes = 0
  #owesDrain = false

  constructor(
    response: Response,
    settle: () => Promise<void> | undefined,
    options: HoldOptions<Response> | undefined,
  ) {
    const { writeHead, write, end, flushHeaders } = response as unknown as Record<Method, Call>
    this.#response = response
    this.#settle = settle
    this.#options = options
    this.#inner = { writeHead, write, end, flushHeaders }
  }

  call(method: Method, args: unknown[]): unknown {
    if (this.#phase === 'silent' && !isRefusedByNode(method, args, this.#response.statusCode)) {
      this.#begin(method, args)
    }
    if (this.#phase === 'held') return this.#hold(method, args)
    return this.#phase === 'failed' ? this.#drop(method, args) : this.#pass(method, args)
  }

  #begin(method: Method, args: unknown[]): void {
    if (method === 'writeHead' && hasExplicitHeaders(args))
      this.#before = snapshotOf(this.#response)
    this.#phase = 'open'
    try {
      const settling = this.#settle()
      if (settling === undefined) return
      this.#pretend()
      settling.then(
        () => {
          this.#release()
        },
        (error: unknown) => {
          this.#fail(error)
        },
      )
    } catch (error) {
      this.#fail(error)
    }
  }

  #pretend(): void {
    const response: HoldableResponse & { flush?: () => void } = this.#response
    this.#phase = 'held'
    this.#queue = []
    this.#status = response.statusCode
    Object.defineProperty(response, 'headersSent', { value: true, configurable: true })
    // `compression` adds it; what is flushed now is still waiting here.
    if (typeof response.flush === 'function') {
      const { flush } = response
      response.flush = () => {
        if (this.#phase === 'held') this.#queue?.push({ method: 'flush', args: [] })
        else flush.call(response)
      }
    }
  }

  #hold(method: Method, args: unknown[]): unknown {
    const [chunk, encoding] = args
    const queue = (this.#queue ??= [])
    if (method === 'writeHead') {
      if (queue.length > 0) throw headersSentError()
      this.#status = this.#response.statusCode = Number(chunk) | 0
    }
    queue.push({ method, args })
    if (method === 'end') {
      Object.defineProperty(this.#response, 'writableEnded', { value: true, configurable: true })
    }
    if (method !== 'write') return this.#response
    this.#heldBytes += byteLength(chunk, encoding) ?? 0
    const limit = Math.max(this.#options?.maxHeldBytes ?? 0, LEAST_HELD_BYTES)
    this.#owesDrain ||= this.#heldBytes >= limit
    return !this.#owesDrain
  }

  #release(): void {
    const response: HoldableResponse & { flush?: () => void } = this.#response
    const queue = this.#open()
    // In Node, too, a status assigned after the first word comes too late.
    response.statusCode = this.#status
    try {
      let isFlowing = true
      for (const { method, args } of queue) {
        const answer = method === 'flush' ? response.flush?.() : this.#pass(method, args)
        if (method === 'write') isFlowing = answer !== false
      }
      // Where the last write was refused, Node itself says `drain` later.
      if (this.#owesDrain && isFlowing && !response.destroyed) response.emit('drain')
    } catch (error) {
      this.#fail(error)
    }
  }

  #fail(error: unknown): void {
    const response = this.#response
    const queue = this.#open()
    this.#failure = error
    try {
      if (response.headersSent) response.destroy()
      else this.#answerFailure(error)
    } catch {
      // There is no answer left to give: the client sees a broken connection, never a wrong 200.
      response.destroy()
    }
    this.#phase = 'failed'
    for (const { method, args } of queue) if (method !== 'flush') this.#drop(method, args)
    if (this.#owesDrain && !response.destroyed) response.emit('drain')
  }

  #answerFailure(error: unknown): void {
    const answer = this.#options?.onFailure ?? answerFailure
    forgetAnswer(this.#response)
    const direct = directResponse(this.#response, this.#inner, (speak) => {
      const phase = this.#phase
      // HTTP/2's `end` calls `write`.
      this.#phase = 'open'
      try {
        return speak()
      } finally {
        this.#phase = phase
      }
    })
    answer(error, direct)
  }

  #open(): readonly HeldCall[] {
    const queue = this.#queue ?? []
    this.#queue = undefined
    this.#phase = 'open'
    for (const name of ['headersSent', 'writableEnded'])
      Reflect.deleteProperty(this.#response, name)
    return queue
  }

  #pass(method: Method, args: unknown[]): unknown {
    const before = this.#before
    if (method !== 'writeHead' || before === undefined) {
      return this.#inner[method].apply(this.#response, args)
    }
    this.#before = undefined
    const merged = mergeExplicitHeaders(this.#response, before, args)
    return this.#inner.writeHead.apply(this.#response, merged)
  }

  /** The application still speaks, but another answer was given. Its callbacks learn of it. */
  #drop(method: Method, args: unknown[]): unknown {
    const callback = args.findLast((argument) => typeof argument === 'function')
    if (callback !== undefined) process.nextTick(callback, this.#failure)
    return method === 'write' ? true : this.#response
  }
}
