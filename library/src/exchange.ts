import { readAuthorization, type PresentedBearer } from './credential/authorization.js'
import type { ProofVerdict } from './credential/dpop/index.js'
import { presentSessionToken } from './credential/present.js'
import { factsOf, type Incoming } from './request/incoming.js'
import { networkOf } from './request/client-address.js'
import { readCookies } from './request/cookies.js'
import { NOTHING_OUT, type Outgoing } from './response/outgoing.js'
import { PERSONAL, PERSONAL_BY_TOKEN, type SessionCookies } from './response/session-cookies.js'
import { commit, effects, isSettled, type CookieEffects } from './session/commit.js'
import { cookieMaxAge } from './session/lifetime.js'
import { Session } from './session/session.js'
import type { Schemas } from './session/values.js'
import { createVisit, type Core, type Visit, type VisitRequest } from './session/visit.js'

/** One request and its answer, as a framework adapter sees it: a session handle, and what goes back. */
export interface Exchange<Data extends object> {
  readonly incoming: Incoming
  readonly session: Session<Data>
  /**
   * Makes the session's changes durable and says what the answer must carry. `undefined`: the session was never
   * looked at. A promise only where something has to be written; it rejects with `StoreUnavailable`, and then
   * no cookie may be sent.
   */
  commit(): Outgoing | Promise<Outgoing> | undefined
}

/** The answer that belongs to an exchange, as far as the session has to know of it. */
export interface Answer {
  /** It is being sent: the application cannot ask for another cookie. Default: never. */
  readonly isAnswering?: boolean
  /** Nothing of this request counts as activity, whatever the option `isPassive` says. Default false. */
  readonly isPassive?: boolean
  /** The session was read: the answer is personal, and has to carry these headers. */
  onRead?(personal: Outgoing): void
  /** Something is wrong with the cookies of this connection: cause and fix, in visible ASCII. */
  onDiagnostic?(message: string): void
  /** Something is to be written or sent: from now on the answer has to wait for `commit`. */
  onChange?(): void
}

/**
 * What a middleware that gives requests their session says of itself, for `sojourn/testing`: the `Sojourn` behind it, or
 * {@link DROP_IN}. A registered symbol, so that two copies of this package understand each other.
 */
export const SESSIONS: unique symbol = Symbol.for('sojourn.sessions')

/** The middleware is that of `sojourn/express-session`: what it knows is found by letting a request pass. */
export const DROP_IN = 'express-session'

/** Marks a middleware with {@link SESSIONS}, out of sight of who prints it. */
export function markSessions<Middleware extends object>(
  middleware: Middleware,
  sessions: object | typeof DROP_IN,
): Middleware {
  return Object.defineProperty(middleware, SESSIONS, { value: sessions })
}

/** The parts of an exchange that all requests share. */
export interface ExchangeParts {
  readonly core: Core
  readonly cookies: SessionCookies
  readonly schemas: Schemas
}

const NO_BEARER: PresentedBearer = { kind: 'nothing' }
const NO_PROOF: ProofVerdict = { ok: false, code: 'proof_missing' }

export function createExchange<Data extends object>(
  parts: ExchangeParts,
  incoming: Incoming,
  answer: Answer,
): Exchange<Data> {
  return new RequestExchange<Data>(parts, incoming, answer)
}

/** Costs two small objects until the session is looked at; everything else is made then. */
class RequestExchange<Data extends object> implements Exchange<Data>, VisitRequest {
  readonly incoming: Incoming
  readonly session: Session<Data>
  readonly #parts: ExchangeParts
  readonly #answer: Answer
  #visit: Visit | undefined
  #isNoted = false
  #presented: ReturnType<VisitRequest['present']> | undefined
  #bearer: PresentedBearer | undefined
  #proof: Promise<ProofVerdict> | undefined

  constructor(parts: ExchangeParts, incoming: Incoming, answer: Answer) {
    this.#parts = parts
    this.incoming = incoming
    this.#answer = answer
    this.session = new Session<Data>(this, parts.schemas)
  }

  get visit(): Visit {
    this.#visit ??= createVisit(this.#parts.core, this)
    return this.#visit
  }

  commit(): Outgoing | Promise<Outgoing> | undefined {
    const visit = this.#visit
    if (visit === undefined) return undefined
    if (isSettled(visit)) return this.#render(effects(visit))
    return commit(visit).then((what) => this.#render(what))
  }

  #render({ send, clear, isSignIn, wasRead }: CookieEffects): Outgoing {
    if (!wasRead) return NOTHING_OUT
    const order = send && { ...send, maxAge: cookieMaxAge(send.record, send.now) }
    return this.#parts.cookies.render({ send: order, clear, isSignIn }, this.incoming)
  }

  present(): ReturnType<VisitRequest['present']> {
    this.#presented ??= this.#read()
    return this.#presented
  }

  #read(): ReturnType<VisitRequest['present']> {
    const { cookies, core } = this.#parts
    const names = cookies.namesFor(this.incoming)
    const reading = readCookies(this.incoming.cookieHeader, names.all)
    return {
      session: presentSessionToken(reading, names.session, core.tokens),
      guest: presentSessionToken(reading, names.guest, core.tokens),
    }
  }

  bearer(): PresentedBearer {
    this.#bearer ??= this.#readBearer()
    return this.#bearer
  }

  /** The header first; the cookie that holds an access token counts where no session cookie says more. */
  #readBearer(): PresentedBearer {
    const { core, cookies } = this.#parts
    if (core.kit === undefined) return NO_BEARER
    const { incoming } = this
    const header = incoming.header('authorization')
    if (header !== undefined) {
      const isRepeated = incoming.isRepeated('authorization')
      return readAuthorization(header, isRepeated, core.kit.proofs !== undefined)
    }
    if (incoming.cookieHeader === undefined || this.present().session.kind !== 'nothing') {
      return NO_BEARER
    }
    const token = cookies.tokens?.readAccess(incoming)
    return token === undefined ? NO_BEARER : { kind: 'bearer', token }
  }

  async proof(thumbprint?: string): Promise<ProofVerdict> {
    this.#proof ??= this.#judgeProof(thumbprint)
    return this.#proof
  }

  async #judgeProof(thumbprint: string | undefined): Promise<ProofVerdict> {
    const gate = this.#parts.core.kit?.proofs
    if (gate === undefined) return NO_PROOF
    const bearer = this.bearer()
    const accessToken = bearer.kind === 'dpop' ? bearer.token : undefined
    return gate.admit(this.incoming, { accessToken, thumbprint })
  }

  get client(): VisitRequest['client'] {
    return { address: this.incoming.address, userAgent: this.incoming.userAgent }
  }

  get network(): string {
    return networkOf(this.incoming.address)
  }

  get isPassive(): boolean {
    return (
      this.#answer.isPassive === true || this.#parts.core.settings.isPassive(factsOf(this.incoming))
    )
  }

  noteRead(): void {
    const { kit } = this.#parts.core
    this.#answer.onRead?.(kit === undefined ? PERSONAL : PERSONAL_BY_TOKEN)
  }

  noteChange(): void {
    if (this.#isNoted) return
    this.#isNoted = true
    this.#answer.onChange?.()
  }

  isAnswering(): boolean {
    return this.#answer.isAnswering === true
  }

  explainLostCookie(): string {
    return this.#parts.cookies.explainLoss(this.incoming)
  }

  noteDiagnostic(message: string): void {
    if (this.#parts.cookies.isTold) this.#answer.onDiagnostic?.(message)
  }

  cookieObstacle(): string | undefined {
    return this.#parts.cookies.obstacle(this.incoming)
  }

  isCurrentCookie(name: string): boolean {
    return this.#parts.cookies.isCurrent(name, this.incoming)
  }
}
