import type { ServerResponse } from 'node:http'
import { randomToken } from '../../system/random.js'
import { misconfigured } from './csrf-error.js'
import { GuestCookie } from './guest-cookie.js'
import type { CsurfRules } from './options.js'
import { sessionOn, type CsurfRequest, type SessionBag } from './request.js'
import {
  serializeAsCsurf,
  setCookieLine,
  signAsCookieParser,
  type CookieRules,
} from './secret-cookie.js'
import type { CsrfKey } from '../../credential/csrf-token.js'

/** What the tokens of one request are bound to. */
export interface Binding {
  /** A token that came with the request has to fit one of these. Asked before the application runs; writes nothing. */
  accepted(): readonly CsrfKey[]
  /** A new token has to fit all of these. Puts in place what is missing. Throws `misconfigured csrf` where that cannot be. */
  issuing(): readonly CsrfKey[]
  /** csurf's secret where csurf would look for it; `undefined` where there is none, or it does not count any more. */
  csurfSecret(): string | undefined
}

/** A shorter id holds too little chance to be a secret. */
const SHORTEST_ID = 16

/** What this request's tokens are bound to; `undefined` where it has neither session nor cookies: csurf says "misconfigured". */
export function bindingOf(
  request: CsurfRequest,
  response: ServerResponse,
  rules: CsurfRules,
): Binding | undefined {
  if (rules.cookie !== undefined) return bindToCookie(request, response, rules, rules.cookie)
  if (sessionOn(request, rules.sessionKey) === undefined) return undefined
  return new SessionBinding(request, response, rules)
}

function bindToCookie(
  request: CsurfRequest,
  response: ServerResponse,
  rules: CsurfRules,
  cookie: CookieRules,
): Binding | undefined {
  const isSigned = cookie.signed === true
  const jar = isSigned ? request.signedCookies : request.cookies
  const signer = textOf(request.secret) ?? ''
  if (!isJar(jar) || (isSigned && signer === '')) return undefined
  // Foreign text: what cookie-parser made an object or `false` of is no secret.
  let secret = textOf(Object.hasOwn(jar, cookie.key) ? jar[cookie.key] : undefined)
  const accepted = (): readonly CsrfKey[] =>
    secret === undefined ? [] : [{ kind: 'cookie', secret }]
  return {
    accepted,
    issuing() {
      if (secret === undefined) {
        secret = randomToken(rules.secretLength)
        const value = isSigned ? signAsCookieParser(secret, signer) : secret
        setCookieLine(response, cookie.key, serializeAsCsurf(value, cookie))
      }
      return accepted()
    },
    csurfSecret: () => (rules.acceptsCsurf ? secret : undefined),
  }
}

/**
 * Where the session has an id of its own (express-session and what works like it), tokens are made from that id: nothing
 * is stored, and another session, or the same one under another id, has other tokens. Where it has none (cookie-session),
 * a secret is kept in it, as csurf does.
 */
class SessionBinding implements Binding {
  readonly #request: CsurfRequest
  readonly #response: ServerResponse
  readonly #rules: CsurfRules
  /** The id at the beginning; a sign-in may change it while the request is handled. */
  readonly #firstId: string | undefined
  /** The client has that session: its id came with the request. */
  readonly #isPresented: boolean
  #guestCookie: GuestCookie | undefined

  constructor(request: CsurfRequest, response: ServerResponse, rules: CsurfRules) {
    this.#request = request
    this.#response = response
    this.#rules = rules
    const session = this.#session()
    const id = idOf(request, session)
    this.#firstId = id
    this.#isPresented = id !== undefined && isSentBy(request, id)
    if (id === undefined || this.#isPresented || this.#guest.seed === undefined) return
    // Whatever this answer saves is the session that the visitor's open forms belong to.
    this.#guest.send(session, id, this.#guest.seed)
  }

  accepted(): readonly CsrfKey[] {
    const session = this.#session()
    const id = idOf(this.#request, session)
    if (id === undefined) return storedKeys(this.#request, session)
    const own: CsrfKey = { kind: 'session', secret: id }
    const { seed } = this.#guest
    if (seed === undefined) return [own]
    const isTheirs = !this.#isPresented || this.#guest.isVouchedFor(id)
    return isTheirs ? [own, { kind: 'guest', secret: seed }] : [own]
  }

  issuing(): readonly CsrfKey[] {
    const session = this.#session()
    const id = idOf(this.#request, session)
    if (id === undefined) {
      session['csrfSecret'] = textOf(session['csrfSecret']) ?? randomToken(this.#rules.secretLength)
      return storedKeys(this.#request, session)
    }
    const own: CsrfKey = { kind: 'session', secret: id }
    const isSame = id === this.#firstId
    if (isSame && this.#isPresented) return [own]
    // The client has no session under this id yet, and perhaps never will: it is saved if something writes to it. After
    // a change of the id the seed changes, too, or tokens of before a sign-in would be good after it.
    const seed = this.#guest.send(session, id, isSame ? this.#guest.seed : undefined)
    return [own, { kind: 'guest', secret: seed }]
  }

  csurfSecret(): string | undefined {
    return this.#rules.acceptsCsurf ? textOf(this.#session()['csrfSecret']) : undefined
  }

  get #guest(): GuestCookie {
    this.#guestCookie ??= new GuestCookie(this.#request, this.#response)
    return this.#guestCookie
  }

  #session(): SessionBag {
    const session = sessionOn(this.#request, this.#rules.sessionKey)
    if (session === undefined) throw misconfigured()
    return session
  }
}

/** Whatever cookie-parser left; others leave `null`. */
function isJar(jar: unknown): jar is Record<string, unknown> {
  return typeof jar === 'object' && jar !== null
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}

/**
 * The session's id where it is a secret: what express-session put there, and long enough. What an application itself keeps
 * as `session.id` (a person's number, say) is not at the same time `request.sessionID`.
 */
function idOf(request: CsurfRequest, session: SessionBag): string | undefined {
  const id = textOf(request.sessionID)
  return id !== undefined && id === session['id'] && id.length >= SHORTEST_ID ? id : undefined
}

/**
 * Whether the request came with that session. A session that was made just now has an id that no request can hold
 * yet, and no record: until something writes to it there is nothing that a token could be bound to on the server.
 */
function isSentBy(request: CsurfRequest, id: string): boolean {
  const { cookie = '' } = request.headers
  return cookie.includes(id) || cookie.includes(encodeURIComponent(id))
}

/** The id is no secret here, but still part of the key: another id, other tokens. */
function storedKeys(request: CsurfRequest, session: SessionBag): readonly CsrfKey[] {
  const secret = textOf(session['csrfSecret'])
  if (secret === undefined) return []
  const id = textOf(request.sessionID)
  const isOwn = id !== undefined && id === session['id']
  return [{ kind: 'stored', secret: isOwn ? `${secret} ${id}` : secret }]
}
