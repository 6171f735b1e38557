import type { IncomingMessage, ServerResponse } from 'node:http'
import { InvalidOption } from '../../errors.js'
import type { ProxyTrust } from '../../request/client-address.js'
import { createNodeIncoming, type Incoming } from '../../request/incoming.js'
import type { HeaderTarget } from '../../response/outgoing.js'
import type { Session } from '../../session/session.js'
import type { Call } from '../neutral/call.js'
import { whenHeadIsWritten } from './at-head.js'

/** A request as other middleware may have left it. */
interface Touched extends IncomingMessage {
  readonly body?: unknown
  /** What Express keeps of `url` before a router cuts its mount path off. */
  readonly originalUrl?: string
  /** What method-override and its like keep. */
  readonly originalMethod?: unknown
}

/** Where a response keeps its nonce: it is found through wrappers of the response, too. */
const NONCE = Symbol.for('sojourn.nonce')

/** The nonce of this answer, for its `<script nonce>`, `<style nonce>` and `<link nonce>`; `undefined` without `web.headers`. */
export function nonceOf(response: ServerResponse): string | undefined {
  return (response as { readonly [NONCE]?: string })[NONCE]
}

/** The handle that `web.sessions` put on a request. Throws `InvalidOption` where it did not. */
export function sessionOf(request: IncomingMessage): Session {
  const { session } = request as { readonly session?: Session }
  if (session === undefined) {
    throw new InvalidOption('No req.session: mount app.use(web.sessions) before this route.')
  }
  return session
}

/** A request and its response as Node, Express and connect have them. */
export class NodeCall implements Call<IncomingMessage> {
  readonly native: IncomingMessage
  readonly headers: ServerResponse
  readonly #trust: ProxyTrust
  #incoming: Incoming | undefined

  constructor(request: IncomingMessage, response: ServerResponse, trust: ProxyTrust) {
    this.native = request
    this.headers = response
    this.#trust = trust
  }

  get incoming(): Incoming {
    this.#incoming ??= createNodeIncoming(this.native, this.#trust)
    return this.#incoming
  }

  get target(): string {
    const { originalUrl, url = '/' } = this.native as Touched
    return originalUrl ?? url
  }

  get session(): Session {
    return sessionOf(this.native)
  }

  /** `express-session` has a property of that name, too. */
  get hasSession(): boolean {
    const { session } = this.native as { readonly session?: Partial<Session> }
    return typeof session?.loadNow === 'function'
  }

  get otherMethod(): string | undefined {
    const { originalMethod } = this.native as Touched
    return typeof originalMethod === 'string' ? originalMethod : undefined
  }

  body(): unknown {
    return (this.native as Touched).body
  }

  isGone(): boolean {
    return this.headers.destroyed
  }

  atHead(run: (head: HeaderTarget) => void): void {
    whenHeadIsWritten(this.headers, run)
  }

  keepNonce(nonce: string): void {
    Object.assign(this.headers, { [NONCE]: nonce })
  }
}
