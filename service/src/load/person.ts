import type { Operation } from './mix.js'
import type { Reply, Call } from './wire.js'

/** What a person shows to be recognised by, but for where the route wants a certain one. */
export type Showing = 'cookie' | 'bearer'

/** One person at one device: an account, a jar of cookies, and the tokens of the present session. */
export interface Person {
  readonly username: string
  readonly password: string
  readonly showing: Showing
  readonly jar: Map<string, string>
  tokens: { accessToken: string; refreshToken: string } | undefined
  /** How often this person has written. */
  writes: number
}

export function createPerson(username: string, password: string, showing: Showing): Person {
  return { username, password, showing, jar: new Map(), tokens: undefined, writes: 0 }
}

const JSON_TYPE = { 'Content-Type': 'application/json' }

/** The request with which a person makes an account, and is signed in. */
export function registration(person: Person): Call {
  return withCredentials(person, 'POST', '/register')
}

/** The request with which a person does something: the real routes, as any client but a browser would ask them. */
export function toCall(person: Person, operation: Operation): Call {
  switch (operation) {
    case 'sign-in':
      return withCredentials(person, 'POST', '/login')
    case 'read':
      return { method: 'GET', path: '/session', headers: shown(person) }
    case 'write':
      person.writes += 1
      return withJson('PATCH', '/session', { load: person.writes }, shown(person))
    case 'refresh':
      return withJson('POST', '/refresh', { refreshToken: person.tokens?.refreshToken ?? '' }, {})
    case 'sign-out':
      return withJson('POST', '/logout', {}, cookies(person))
  }
}

function withCredentials(person: Person, method: string, path: string): Call {
  const { username, password } = person
  return withJson(method, path, { username, password, deliver: 'token' }, cookies(person))
}

/** Unsafe requests without `Sec-Fetch-Site` pass the CSRF guard as JSON: no other site can send that. */
function withJson(
  method: string,
  path: string,
  body: object,
  headers: Readonly<Record<string, string>>,
): Call {
  return { method, path, headers: { ...headers, ...JSON_TYPE }, body: JSON.stringify(body) }
}

function shown(person: Person): Record<string, string> {
  const { showing, tokens } = person
  if (showing === 'cookie' || tokens === undefined) return cookies(person)
  return { Authorization: `Bearer ${tokens.accessToken}` }
}

function cookies({ jar }: Person): Record<string, string> {
  if (jar.size === 0) return {}
  return { Cookie: [...jar].map(([name, value]) => `${name}=${value}`).join('; ') }
}

/** Takes in what an answer changes for a person. Answers whether this person is signed in now. */
export function settle(person: Person, operation: Operation, reply: Reply): boolean {
  const { outcome } = reply
  // No answer says nothing. A sign-out may have gone through: who is not sure signs in again.
  if (typeof outcome !== 'number') {
    return operation === 'sign-out' ? forget(person) : person.tokens !== undefined
  }
  keepCookies(person.jar, reply.setCookie)
  if (hasEnded(operation, outcome)) return forget(person)
  if (GIVES_TOKENS.has(operation) && outcome < 400) {
    person.tokens = tokensIn(reply.body) ?? person.tokens
  }
  return person.tokens !== undefined
}

const GIVES_TOKENS: ReadonlySet<Operation> = new Set(['sign-in', 'refresh'])

/** Whether a session is over after this answer. A wrong password says nothing of the session that is still there. */
function hasEnded(operation: Operation, status: number): boolean {
  return operation === 'sign-out' ? status < 400 : operation !== 'sign-in' && status === 401
}

/** The cookie that says that somebody has signed in here before is no part of a session: it stays. */
const DEVICE = /^(?:__Host-|__Secure-)?device-/

function forget(person: Person): false {
  person.tokens = undefined
  for (const name of person.jar.keys()) if (!DEVICE.test(name)) person.jar.delete(name)
  return false
}

function keepCookies(jar: Person['jar'], lines: readonly string[]): void {
  for (const line of lines) {
    const [pair = ''] = line.split(';', 1)
    const at = pair.indexOf('=')
    const name = pair.slice(0, at).trim()
    if (at < 1) continue
    if (/;\s*max-age=0\s*(?:;|$)/i.test(line)) jar.delete(name)
    else jar.set(name, pair.slice(at + 1).trim())
  }
}

/** The pair of tokens in an answer: in `tokens` where somebody signs in, at the top where they are exchanged. */
function tokensIn(body: string): Person['tokens'] {
  try {
    const said = JSON.parse(body) as Record<string, unknown> | null
    const { accessToken, refreshToken } = (said?.['tokens'] ?? said ?? {}) as Record<
      string,
      unknown
    >
    if (typeof accessToken === 'string' && typeof refreshToken === 'string') {
      return { accessToken, refreshToken }
    }
  } catch {
    // What is no JSON holds no tokens.
  }
  return undefined
}
