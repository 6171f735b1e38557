import { presentSessionToken } from './credential/present.js'
import type { Incoming } from './request/incoming.js'
import { networkOf } from './request/client-address.js'
import { readCookies } from './request/cookies.js'
import { NOTHING_OUT, type Outgoing } from './response/outgoing.js'
import type { SessionCookies } from './response/session-cookies.js'
import { commit, needsCommit } from './session/commit.js'
import { cookieMaxAge } from './session/lifetime.js'
import { Session, type Schemas } from './session/session.js'
import { createVisit, type Core, type Visit, type VisitRequest } from './session/visit.js'

/** One request and its answer, as a framework adapter sees it: a session handle, and what goes back. */
export interface Exchange<Data extends object> {
  readonly incoming: Incoming
  readonly session: Session<Data>
  /**
   * Makes the session's changes durable and says what the answer must carry. `undefined`: nothing to do, the
   * answer may leave at once. Rejects with `StoreUnavailable`, and then no cookie may be sent.
   */
  commit(): Promise<Outgoing> | undefined
}

/** The parts of an exchange that all requests share. */
export interface ExchangeParts {
  readonly core: Core
  readonly cookies: SessionCookies
  readonly schemas: Schemas
}

export function createExchange<Data extends object>(
  parts: ExchangeParts,
  incoming: Incoming,
  isAnswering: () => boolean,
): Exchange<Data> {
  const request = new RequestFacts(parts, incoming, isAnswering)
  const visit = createVisit(parts.core, request)
  return {
    incoming,
    session: new Session<Data>(visit, parts.schemas),
    commit: () => (needsCommit(visit) ? finish(parts, incoming, visit) : undefined),
  }
}

async function finish(parts: ExchangeParts, incoming: Incoming, visit: Visit): Promise<Outgoing> {
  const { send, clear, wasRead } = await commit(visit)
  if (!wasRead) return NOTHING_OUT
  const order = send && { ...send, maxAge: cookieMaxAge(send.record, send.now) }
  return parts.cookies.render({ send: order, clear }, incoming)
}

/** What a visit asks of its request, found out only when it is asked. */
class RequestFacts implements VisitRequest {
  readonly #parts: ExchangeParts
  readonly #incoming: Incoming
  #presented: ReturnType<VisitRequest['present']> | undefined
  readonly isAnswering: () => boolean

  constructor(parts: ExchangeParts, incoming: Incoming, isAnswering: () => boolean) {
    this.#parts = parts
    this.#incoming = incoming
    this.isAnswering = isAnswering
  }

  present(): ReturnType<VisitRequest['present']> {
    this.#presented ??= this.#read()
    return this.#presented
  }

  #read(): ReturnType<VisitRequest['present']> {
    const { cookies, core } = this.#parts
    const names = cookies.namesFor(this.#incoming)
    const reading = readCookies(this.#incoming.cookieHeader, names.all)
    return {
      session: presentSessionToken(reading, names.session, core.tokens),
      guest: presentSessionToken(reading, names.guest, core.tokens),
    }
  }

  get client(): VisitRequest['client'] {
    return { address: this.#incoming.address, userAgent: this.#incoming.userAgent }
  }

  get network(): string {
    return networkOf(this.#incoming.address)
  }

  get isPassive(): boolean {
    return this.#parts.core.settings.isPassive(this.#incoming)
  }

  cookieObstacle(): string | undefined {
    return this.#parts.cookies.obstacle(this.#incoming)
  }

  isCurrentCookie(name: string): boolean {
    return this.#parts.cookies.isCurrent(name, this.#incoming)
  }
}
