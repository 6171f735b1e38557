import { createHash, createHmac, timingSafeEqual } from 'node:crypto'
import type { Request, RequestHandler, Response } from 'express'
import { StoreUnavailable, type Rate } from 'sojourn'
import { networkOf } from 'sojourn/express'
import type { Account } from '../../account/account.js'
import { Problem, wantsHtml } from '../../http/index.js'
import type { Parts, Visitor } from '../../parts.js'
import { accountOf } from '../person.js'
import { signInPath } from '../respond.js'

/** Wrong tokens that a network may send at once; then one for each tenth of the window. */
export const WRONG_TOKENS: Rate = { quota: 10, window: 15 * 60_000 }

/** Who acts: the holder of ADMIN_TOKEN, or a signed-in person whose account is an administrator's. */
export interface Administrator {
  /** In the trail: `admin_token`, or the id of the account. */
  readonly actor: string
  /** Absent where the token was sent. */
  readonly account?: Account
  /** Of the session that they act in; absent where the token was sent, for then no session was looked at. */
  readonly sessionId?: string | undefined
}

interface AdminGuardOptions {
  /** What changes something: a person must have proved a moment ago who they are. The token proves it each time. */
  readonly isRecent?: boolean
  /** Also for the time in which the store is away: then the token is good without the count of wrong ones, which rests there. */
  readonly isForFaults?: boolean
}

const administrators = new WeakMap<Request, Administrator>()

/** Who acts in a request that `requireAdmin` let through. */
export function administratorOf(request: Request): Administrator {
  const administrator = administrators.get(request)
  if (administrator === undefined) throw new Error('requireAdmin has not seen this request')
  return administrator
}

/**
 * Lets only through who sends ADMIN_TOKEN as a bearer token, and administrators by their sessions (ASVS 8.2.1). Whoever is
 * signed in as somebody else is told that this is not for them, 403; nobody gets 401, a browser the sign-in page. While there is neither
 * a token nor an administrator, there is no console: 404 (ASVS 6.3.2). Who acts for somebody else is no administrator.
 */
export function requireAdmin(parts: Parts, options: AdminGuardOptions = {}): RequestHandler {
  const holdsToken = createTokenCheck(parts, options.isForFaults === true)
  const load = parts.web.optionalAuth()
  const recent = parts.web.requireRecent()
  return async (request, response, next) => {
    if (await holdsToken(request)) {
      administrators.set(request, { actor: 'admin_token' })
      next()
      return
    }
    // Whoever does not hold the token may be somebody: only then the session is looked at.
    // And where it cannot be looked at, nobody is sent to sign in: the optional guard would take them for a guest.
    await (request as Visitor).session.load()
    await pass(load, request, response)
    const account = await administratorIn(parts, request)
    if (account === undefined) {
      await turnAway(parts, request, response)
      return
    }
    const sessionId = (request as Visitor).session.id
    administrators.set(request, { actor: account.id, account, sessionId })
    if (options.isRecent === true) recent(request, response, next)
    else next()
  }
}

async function pass(step: RequestHandler, request: Request, response: Response): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    step(request, response, (error?: unknown) => {
      if (error === undefined) resolve()
      // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- as it came
      else reject(error)
    })
  })
}

async function administratorIn(parts: Parts, request: Request): Promise<Account | undefined> {
  const { session } = request as Partial<Visitor>
  if (session?.isSignedIn !== true || session.actor !== undefined) return undefined
  const account = await accountOf(parts, request as Visitor)
  return account?.role === 'admin' ? account : undefined
}

/** Whether the request carries ADMIN_TOKEN. Compared in constant time; from where wrong tokens came, even the right one has to wait. */
function createTokenCheck(
  parts: Parts,
  isForFaults: boolean,
): (request: Request) => Promise<boolean> {
  const token = parts.config.operation.adminToken
  if (token === undefined) return () => Promise.resolve(false)
  const expected = digest(token.reveal())
  return async (request) => {
    const presented = bearerOf(request)
    if (presented === undefined) return false
    if ((await triesLeft(parts, request, isForFaults)) < 1) refuseForNow(parts, request)
    return timingSafeEqual(digest(presented), expected)
  }
}

/** How many wrong tokens may still come from there. */
async function triesLeft(parts: Parts, request: Request, isForFaults: boolean): Promise<number> {
  try {
    return (await parts.sojourn.counters.spend(keyOf(parts, request), WRONG_TOKENS, 0)).remaining
  } catch (error) {
    // A token of 32 random bytes is not guessed in an outage, and whoever runs the service has to see what is wrong.
    if (isForFaults && error instanceof StoreUnavailable) return 1
    throw error
  }
}

const MISSING = {
  status: 401,
  code: 'admin_token_required',
  detail: 'This needs the admin token, or the session of an administrator.',
}
const FORBIDDEN = { status: 403, code: 'forbidden', detail: 'This is for administrators.' }
const LOCKED = { status: 429, code: 'rate_limited', detail: 'Too many wrong admin tokens.' }
const NOT_THERE = { status: 404, code: 'not_found', detail: 'Not found.' }
const CHALLENGE = { 'WWW-Authenticate': 'Bearer realm="admin"' }

async function turnAway(parts: Parts, request: Request, response: Response): Promise<void> {
  const { session } = request as Partial<Visitor>
  const hasToken = parts.config.operation.adminToken !== undefined
  if (!hasToken && !(await parts.accounts.hasAdministrator())) throw new Problem(NOT_THERE)
  if (session?.isSignedIn === true) refuse(parts, request, FORBIDDEN)
  if (hasToken && bearerOf(request) !== undefined) {
    await parts.sojourn.counters.spend(keyOf(parts, request), WRONG_TOKENS)
  }
  if (!wantsHtml(request)) refuse(parts, request, MISSING)
  report(parts, request, MISSING.code)
  const back = request.method === 'GET' ? request.originalUrl : '/admin'
  response.redirect(303, signInPath(undefined, back))
}

function refuse(parts: Parts, request: Request, facts: typeof MISSING): never {
  report(parts, request, facts.code)
  throw new Problem({ ...facts, ...(facts.status === 401 ? { headers: CHALLENGE } : {}) })
}

function refuseForNow(parts: Parts, request: Request): never {
  report(parts, request, LOCKED.code)
  throw new Problem({ ...LOCKED, retryAfter: WRONG_TOKENS.window / WRONG_TOKENS.quota / 1_000 })
}

function report(parts: Parts, request: Request, code: string): void {
  const { method, path } = request
  const address = parts.addressOf(request)
  parts.sojourn.report('request.refused', {
    guard: 'admin',
    code,
    method,
    path,
    address,
    isEnforced: true,
  })
}

function bearerOf({ headers }: Request): string | undefined {
  return /^bearer +(\S+)$/i.exec(headers.authorization ?? '')?.[1]
}

/** Both sides have one length, whatever was sent. */
function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}

function keyOf(parts: Parts, request: Request): string {
  return adminTokenKey(parts, networkOf(parts.addressOf(request)))
}

/** Under what wrong tokens of a network are counted. */
export function adminTokenKey({ sojourn }: Parts, network: string): string {
  const [key = Buffer.alloc(0)] = sojourn.deriveKeys('admin')
  return `admin:${createHmac('sha256', key).update(network).digest('base64url').slice(0, 22)}`
}
