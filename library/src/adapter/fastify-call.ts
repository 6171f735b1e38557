import type { IncomingMessage, ServerResponse } from 'node:http'
import { StoreUnavailable } from '../errors.js'
import { createNodeIncoming, type Incoming } from '../request/incoming.js'
import { applyOutgoing, type HeaderTarget } from '../response/outgoing.js'
import type { Session } from '../session/session.js'
import type { Sojourn } from '../sojourn.js'
import type { Call } from './neutral/call.js'
import { isKept } from './neutral/kept.js'
import { PendingAnswer } from './neutral/pending-answer.js'
import { applyReply, toFault, toUnavailable } from './neutral/reply.js'

/** The part of a Fastify request that is used. */
export interface AnyFastifyRequest {
  readonly raw: IncomingMessage
  readonly body: unknown
}

/** The part of a Fastify reply that is used. */
export interface AnyFastifyReply {
  readonly raw: ServerResponse
  code(status: number): unknown
  getHeader(name: string): number | string | readonly string[] | undefined
  getHeaders(): object
  header(name: string, value: unknown): unknown
  removeHeader(name: string): unknown
  send(payload?: unknown): unknown
}

/** Fastify adds to the cookies that are there where others replace them. */
export function targetOf(reply: AnyFastifyReply): HeaderTarget {
  return {
    getHeader: (name) => reply.getHeader(name),
    setHeader(name, value) {
      if (name.toLowerCase() === 'set-cookie') reply.removeHeader(name)
      reply.header(name, value)
    },
  }
}

type Leave = (error: null, payload?: unknown) => void

/** A Fastify request and its reply as guards see them. */
export class FastifyCall<Data extends object> implements Call<AnyFastifyRequest> {
  readonly native: AnyFastifyRequest
  readonly incoming: Incoming
  readonly hasSession = true
  readonly otherMethod = undefined
  reply: AnyFastifyReply | undefined
  nonce: string | undefined
  readonly #sojourn: Sojourn<Data>
  readonly #finishers: ((head: HeaderTarget) => void)[] = []
  #answer: PendingAnswer<Data> | undefined

  constructor(sojourn: Sojourn<Data>, request: AnyFastifyRequest) {
    this.native = request
    this.incoming = createNodeIncoming(request.raw, sojourn.proxyTrust)
    this.#sojourn = sojourn
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
    return targetOf(this.reply as AnyFastifyReply)
  }

  body(): unknown {
    return this.native.body
  }

  isGone(): boolean {
    return this.reply?.raw.destroyed === true
  }

  atHead(run: (head: HeaderTarget) => void): void {
    this.#finishers.push(run)
  }

  keepNonce(nonce: string): void {
    this.nonce = nonce
  }

  /** Makes the session durable, and adds what the answer has to carry. Where that fails, another answer is given. */
  leave(reply: AnyFastifyReply, payload: unknown, next: Leave): void {
    const target = targetOf(reply)
    for (const run of this.#finishers) run(target)
    const fail = (error: unknown): void => {
      next(null, this.#replace(reply, payload, error))
    }
    try {
      const outgoing = this.#answer?.settle()
      if (outgoing instanceof Promise) {
        outgoing.then((ready) => {
          applyOutgoing(target, ready)
          next(null)
        }, fail)
        return
      }
      if (outgoing !== undefined) applyOutgoing(target, outgoing)
    } catch (error) {
      fail(error)
      return
    }
    next(null)
  }

  /** Nothing of the application's answer leaves, but what was said of every answer. */
  #replace(reply: AnyFastifyReply, payload: unknown, error: unknown): unknown {
    const { destroy } = (payload ?? {}) as { readonly destroy?: () => void }
    if (typeof destroy === 'function') destroy.call(payload)
    for (const name of Object.keys(reply.getHeaders())) {
      if (!isKept(name)) reply.removeHeader(name)
    }
    const answer = error instanceof StoreUnavailable ? toUnavailable(error) : toFault(error)
    const target = targetOf(reply)
    for (const [name, value] of this.#answer?.diagnostics ?? []) target.setHeader(name, value)
    applyReply(target, answer)
    reply.code(answer.status)
    return answer.body
  }
}
