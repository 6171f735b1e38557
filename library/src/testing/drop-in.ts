import { IncomingMessage, ServerResponse } from 'node:http'
import { Socket } from 'node:net'
import { isKeeping, type SessionRequest } from '../compat/express-session/contract.js'
import { refusalFor } from '../compat/express-session/refused-cookie.js'
import type { Session } from '../compat/express-session/session.js'
import { restingName } from '../compat/kept/sid.js'
import { InvalidOption, SojournError } from '../errors.js'
import type { SessionMiddleware } from './find-sessions.js'
import type { MadeUpRequest } from './made-up-request.js'
import { SignedIn } from './signed-in.js'

/** Whom to sign in where `sojourn/express-session` gives the sessions. */
export interface DropInSignIn {
  readonly user: string | undefined
  readonly data: Readonly<Record<string, unknown>>
}

interface Attended {
  readonly request: SessionRequest
  readonly response: ServerResponse
}

/** Lets a made-up request pass the middleware, signs in within it, and answers with what the answer would have set. */
export async function signInThrough(
  middleware: SessionMiddleware,
  { user, data }: DropInSignIn,
  client: MadeUpRequest,
): Promise<SignedIn> {
  const { request, response } = await attend(middleware, client)
  const session = sessionOf(request)
  if (session.cookie.secure === true && client.secure !== false) encrypt(request)
  Object.assign(session, data)
  if (user === undefined) await session.save()
  else await signInAs(request, session, user)
  const cookies = await answer(response)
  if (cookies.length === 0) {
    throw new SojournError(
      'tls_required',
      'The session cookie is Secure: sign in with secure: true.',
    )
  }
  const isOurs = request.sessionStore !== undefined && isKeeping(request.sessionStore)
  const id = isOurs ? restingName(sessionOf(request).id).id : undefined
  return new SignedIn({ id, subject: user, cookies, tokens: undefined })
}

/** What the middleware made of a cookie. */
export interface DropInLook {
  readonly isActive: boolean
  /** Why the session is over, where one of our own stores keeps it. */
  readonly reason: string | undefined
  /** The cookie is one of ours, its session is not there, and a foreign store tells no reason. */
  readonly isMute: boolean
}

/** Lets a made-up request pass the middleware and looks at what became of its cookie. The session is not extended. */
export async function lookThrough(
  middleware: SessionMiddleware,
  client: MadeUpRequest,
): Promise<DropInLook> {
  const { request } = await attend(middleware, client)
  sessionOf(request)
  const { sessionStore, sessionID = '' } = request
  const presented = (client.cookie ?? '').split(/[;=] */).map((value) => decode(value))
  // Who presents nothing good is given another id.
  const isActive = presented.some((value) => value.startsWith(`s:${sessionID}.`))
  const isSigned =
    presented.some((value) => value.startsWith('s:')) && refusalFor(request) === undefined
  if (sessionStore === undefined || !isKeeping(sessionStore)) {
    return { isActive, reason: undefined, isMute: isSigned }
  }
  return { isActive, reason: sessionStore.endReasonOf(request), isMute: false }
}

/** A socket that leads nowhere, and swallows what is written to it. */
class NoSocket extends Socket {
  override readonly remoteAddress: string

  constructor(address: string) {
    super()
    this.remoteAddress = address
  }

  override _write(_chunk: unknown, _encoding: unknown, done: () => void): void {
    done()
  }

  override _writev(_chunks: unknown, done: () => void): void {
    done()
  }
}

async function attend(middleware: SessionMiddleware, client: MadeUpRequest): Promise<Attended> {
  const {
    host = 'localhost',
    address = '127.0.0.1',
    userAgent,
    cookie,
    secure,
    path = '/',
  } = client
  const socket = new NoSocket(address)
  const request: SessionRequest = Object.assign(new IncomingMessage(socket), {
    method: 'GET',
    // All of it has come.
    complete: true,
    url: path,
    headers: {
      host,
      ...(userAgent === undefined ? {} : { 'user-agent': userAgent }),
      ...(cookie === undefined ? {} : { cookie }),
    },
  })
  if (secure === true) encrypt(request)
  const response = new ServerResponse(request)
  // Without one it would never be finished.
  response.assignSocket(socket)
  await new Promise<void>((resolve, reject) => {
    middleware(request, response, (error) => {
      if (error === undefined || error === null) resolve()
      else reject(toError(error))
    })
  })
  return { request, response }
}

function encrypt(request: SessionRequest): void {
  Object.assign(request.socket, { encrypted: true })
}

function sessionOf(request: SessionRequest): Session {
  if (request.session) return request.session
  throw new InvalidOption(
    `The middleware gave no session to a request for ${request.url ?? '/'}: its store is disconnected, or its cookie has another path (option path).`,
  )
}

async function signInAs(request: SessionRequest, session: Session, user: string): Promise<void> {
  if (request.sessionStore === undefined || !isKeeping(request.sessionStore)) {
    throw new InvalidOption(
      'This session store knows of no owners: leave user away, and say in data what your application keeps of them.',
    )
  }
  await session.login(user)
}

/** Ends the answer; its `Set-Cookie` lines. */
async function answer(response: ServerResponse): Promise<readonly string[]> {
  const finished = new Promise<void>((resolve) => response.once('finish', resolve))
  response.end()
  await finished
  if (response.statusCode >= 400) {
    throw new Error(`The sign-in was answered ${response.statusCode}.`)
  }
  const lines = response.getHeader('set-cookie') ?? []
  return Array.isArray(lines) ? lines : [String(lines)]
}

function toError(error: unknown): Error {
  return error instanceof Error ? error : new Error('The session middleware failed.')
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
