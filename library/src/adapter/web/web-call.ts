/**
 * web/ owns the glue for frameworks whose handlers take a web `Request` and answer a `Response`: a call whose headers are
 * kept until there is an answer to put them on. hono.ts and fetch.ts use it; it knows neither.
 */
import { SojournError, StoreUnavailable } from '../../errors.js'
import type { Incoming } from '../../request/incoming.js'
import {
  applyOutgoing,
  mergeVary,
  NOTHING_OUT,
  type HeaderTarget,
  type Outgoing,
} from '../../response/outgoing.js'
import type { Session } from '../../session/session.js'
import type { Sojourn } from '../../sojourn.js'
import { isReply, type Call, type Guard, type Stop } from '../neutral/call.js'
import { isKept } from '../neutral/kept.js'
import { PendingAnswer } from '../neutral/pending-answer.js'
import { toFault, toRefused, toUnavailable } from '../neutral/reply.js'
import { toHeaderTarget, toResponse, withHeaders, withoutBody } from './response.js'

/** What the framework says of a request. */
export interface WebCallParts<Native extends object> {
  readonly native: Native
  readonly incoming: Incoming
  readonly signal: AbortSignal | undefined
  readonly body: () => Promise<unknown>
}

/** How requests are answered that do not get through. */
export interface WebAnswers<Native extends object> {
  readonly refuse:
    ((refusal: Exclude<Stop, { body: unknown }>, native: Native) => Response) | undefined
  readonly unavailable: ((error: StoreUnavailable, native: Native) => Response) | undefined
}

/** One web request, from its first guard to its answer. */
export class WebCall<Data extends object, Native extends object> implements Call<Native> {
  readonly native: Native
  readonly incoming: Incoming
  readonly otherMethod = undefined
  readonly hasSession = true
  readonly #sojourn: Sojourn<Data>
  readonly #parts: WebCallParts<Native>
  readonly #answers: WebAnswers<Native>
  readonly #finishers: ((head: HeaderTarget) => void)[] = []
  #pending: Headers | undefined
  #answer: PendingAnswer<Data> | undefined
  #nonce: string | undefined

  constructor(sojourn: Sojourn<Data>, answers: WebAnswers<Native>, parts: WebCallParts<Native>) {
    this.native = parts.native
    this.incoming = parts.incoming
    this.#sojourn = sojourn
    this.#answers = answers
    this.#parts = parts
  }

  get typedSession(): Session<Data> {
    this.#answer ??= new PendingAnswer(this.#sojourn, this.incoming)
    return this.#answer.session
  }

  get target(): string {
    return this.incoming.target
  }

  get session(): Session {
    return this.typedSession
  }

  get headers(): HeaderTarget {
    this.#pending ??= new Headers()
    return toHeaderTarget(this.#pending)
  }

  get nonce(): string | undefined {
    return this.#nonce
  }

  body(): unknown {
    return this.#parts.body()
  }

  isGone(): boolean {
    return this.#parts.signal?.aborted === true
  }

  atHead(run: (head: HeaderTarget) => void): void {
    this.#finishers.push(run)
  }

  keepNonce(nonce: string): void {
    this.#nonce = nonce
  }

  /** Asks a guard; `undefined`: go on. */
  async ask(guard: Guard<Native>): Promise<Response | undefined> {
    try {
      const stop = await guard(this)
      if (stop === undefined) return undefined
      return isReply(stop) ? toResponse(stop) : this.#refused(stop)
    } catch (error) {
      return this.failed(error)
    }
  }

  #refused(refusal: Exclude<Stop, { body: unknown }>): Response {
    return this.#answers.refuse?.(refusal, this.native) ?? toResponse(toRefused(refusal))
  }

  /** The answer to an error of this library. Throws whatever is none, or has no answer but 500. */
  failed(error: unknown): Response {
    if (error instanceof StoreUnavailable) {
      return this.#answers.unavailable?.(error, this.native) ?? toResponse(toUnavailable(error))
    }
    if (error instanceof SojournError && error.status < 500) return toResponse(toFault(error))
    throw error
  }

  /** Makes the session durable, and adds what the answer has to carry. Where that fails, another answer is given. */
  finish(response: Response): Response | Promise<Response> {
    try {
      const outgoing = this.#answer?.settle() ?? NOTHING_OUT
      if (!(outgoing instanceof Promise)) return this.#complete(response, outgoing)
      return outgoing.then(
        (ready) => this.#complete(response, ready),
        (error: unknown) => this.#replace(response, error),
      )
    } catch (error) {
      return this.#replace(response, error)
    }
  }

  #complete(response: Response, outgoing: Outgoing): Response {
    const isUntouched =
      this.#pending === undefined &&
      this.#finishers.length === 0 &&
      outgoing.cookies.length + outgoing.headers.length === 0
    if (isUntouched) return response
    // Hono answers HEAD with a copy, and on Node that is one of the answer before anybody added to its headers.
    const own = this.incoming.method === 'HEAD' ? withoutBody(response) : response
    return withHeaders(own, (headers) => {
      addPending(headers, this.#pending)
      const head = toHeaderTarget(headers)
      for (const run of this.#finishers) run(head)
      applyOutgoing(head, outgoing)
    })
  }

  /** Nothing of the application's answer leaves, but what was said of every answer. */
  #replace(response: Response, error: unknown): Response {
    response.body?.cancel().catch(() => undefined)
    const headers = new Headers(this.#answer?.diagnostics.map(([name, value]) => [name, value]))
    for (const source of [response.headers, this.#pending]) {
      source?.forEach((value, name) => {
        if (isKept(name)) headers.set(name, value)
      })
    }
    const answer =
      error instanceof StoreUnavailable ? this.failed(error) : toResponse(toFault(error))
    return withHeaders(answer, (own) => {
      addPending(own, headers)
    })
  }
}

/** What the application said itself stays; cookies and `Vary` are added to. */
function addPending(headers: Headers, pending: Headers | undefined): void {
  if (pending === undefined) return
  applyOutgoing(toHeaderTarget(headers), { cookies: pending.getSetCookie(), headers: [] })
  pending.forEach((value, name) => {
    if (name === 'set-cookie') return
    const own = headers.get(name)
    if (own === null) headers.set(name, value)
    else if (name === 'vary') headers.set(name, mergeVary([own], value))
  })
}
