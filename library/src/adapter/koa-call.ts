import type { ServerResponse } from 'node:http'
import type { ParameterizedContext } from 'koa'
import { InvalidOption } from '../errors.js'
import type { ProxyTrust } from '../request/client-address.js'
import { createNodeIncoming, type Incoming } from '../request/incoming.js'
import type { HeaderTarget } from '../response/outgoing.js'
import type { Session } from '../session/session.js'
import type { Call } from './neutral/call.js'
import { NodeCall } from './node/node-call.js'

/** What the adapter puts on a context: `new Koa<DefaultState, SessionContext<Data>>()`. */
export interface SessionContext<Data extends object> {
  session: Session<Data>
}

/** A context as any Koa application has it. */
export type AnyKoaContext = Pick<
  ParameterizedContext,
  'req' | 'res' | 'originalUrl' | 'status' | 'body'
>

/** `koa-mount` cuts its path off `req.url`. */
export function incomingOf({ req, originalUrl }: AnyKoaContext, trust: ProxyTrust): Incoming {
  const { method, headers, rawHeaders, socket } = req
  return createNodeIncoming({ method, originalUrl, headers, rawHeaders, socket }, trust)
}

/** A Koa context as guards see it. */
export class KoaCall implements Call<AnyKoaContext> {
  readonly native: AnyKoaContext
  readonly headers: ServerResponse
  readonly #trust: ProxyTrust
  readonly #node: NodeCall
  #incoming: Incoming | undefined

  constructor(context: AnyKoaContext, trust: ProxyTrust) {
    this.native = context
    this.headers = context.res
    this.#trust = trust
    this.#node = new NodeCall(context.req, context.res, trust)
  }

  get incoming(): Incoming {
    this.#incoming ??= incomingOf(this.native, this.#trust)
    return this.#incoming
  }

  get target(): string {
    return this.native.originalUrl
  }

  get session(): Session {
    const { session } = this.native as Partial<SessionContext<Record<string, unknown>>>
    if (session !== undefined) return session
    throw new InvalidOption('No ctx.session: mount app.use(web.sessions) before this route.')
  }

  get hasSession(): boolean {
    const { session } = this.native as { readonly session?: Partial<Session> }
    return typeof session?.loadNow === 'function'
  }

  get otherMethod(): string | undefined {
    return this.#node.otherMethod
  }

  body(): unknown {
    return (this.native as { readonly request?: { readonly body?: unknown } }).request?.body
  }

  isGone(): boolean {
    return this.#node.isGone()
  }

  atHead(run: (head: HeaderTarget) => void): void {
    this.#node.atHead(run)
  }

  keepNonce(nonce: string): void {
    this.#node.keepNonce(nonce)
  }
}
