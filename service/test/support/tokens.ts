import {
  createHmac,
  createPrivateKey,
  generateKeyPairSync,
  randomBytes,
  sign,
  type KeyObject,
} from 'node:crypto'
import { join } from 'node:path'
import { createSojourn, type Sojourn } from '../../../library/src/sojourn.js'
import { openSqliteStore } from '../../../library/src/store/sqlite/index.js'
import type { Answer, Client, RequestFacts } from './client.js'

/** What a client that is no browser gets when it signs in. */
export interface Pair {
  readonly accessToken: string
  readonly refreshToken: string
  readonly expiresIn: number
  readonly tokenType: string
}

export const PASSWORD = 'correct horse battery 9'

/** What a browser says of a request that a page of the same origin made. */
export const FROM_OWN_PAGE = { 'Sec-Fetch-Site': 'same-origin' } as const

/** A private key as `JWT_SECRET` wants it. */
export function signingKey(type: 'ed25519' | 'ec' | 'rsa' = 'ed25519'): string {
  const options = { namedCurve: 'P-256', modulusLength: 2048 }
  const { privateKey } = generateKeyPairSync(type as 'rsa', options)
  return privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
}

/** A secret that nobody has refused so far. */
export const freshSecret = (): string => randomBytes(48).toString('base64url')

/** Registers somebody and answers the tokens. The client keeps its cookie. */
export async function register(client: Client, username: string): Promise<Pair> {
  const answer = await client.post('/register', { username, password: PASSWORD })
  return tokensOf(answer, 201)
}

/** Signs in, as a new session. */
export async function signIn(client: Client, username: string, more: object = {}): Promise<Pair> {
  return tokensOf(await client.post('/login', { username, password: PASSWORD, ...more }), 200)
}

function tokensOf(answer: Answer, status: number): Pair {
  const { tokens } = answer.json<{ tokens?: Pair }>()
  if (answer.status === status && tokens !== undefined) return tokens
  throw new Error(`no tokens: ${String(answer.status)} ${answer.text}`)
}

/** A request that presents this token, and no cookie. */
export const bearing = (token: string): RequestFacts => ({
  headers: { Authorization: `Bearer ${token}` },
  cookie: '',
})

/** Exchanges a refresh token without cookies. */
export const refresh = (client: Client, token: string): Promise<Answer> =>
  client.post('/refresh', undefined, bearing(token))

/** How a client of the token endpoints names itself. */
export const basic = (id: string, secret: string): string =>
  `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`

type Members = Record<string, unknown>

/** A JWS taken apart, unverified. */
export function open(token: string): { readonly header: Members; readonly claims: Members } {
  const [header = '', claims = ''] = token.split('.')
  return { header: parsed(header), claims: parsed(claims) }
}

function parsed(part: string): Members {
  return JSON.parse(Buffer.from(part, 'base64url').toString()) as Members
}

/** Signs whatever it is told, by the algorithm of the key; a text is a shared secret. */
export function seal(header: unknown, claims: unknown, key: string): string {
  const body = `${encoded(header)}.${encoded(claims)}`
  return `${body}.${signature(body, key)}`
}

/** Text stays as it is, so that a test can write what no serializer would. */
function encoded(value: unknown): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  return Buffer.from(text).toString('base64url')
}

function signature(body: string, key: string): string {
  if (!key.startsWith('-----BEGIN')) {
    return createHmac('sha256', key).update(body).digest('base64url')
  }
  const own = createPrivateKey(key)
  const dsaEncoding = 'ieee-p1363' as const
  return sign(hashOf(own), Buffer.from(body), { key: own, dsaEncoding }).toString('base64url')
}

function hashOf({ asymmetricKeyType }: KeyObject): string | null {
  return asymmetricKeyType === 'ed25519' ? null : 'sha256'
}

/** The same text with its last character but one changed. */
export function flip(text: string): string {
  const at = text.length - 2
  return `${text.slice(0, at)}${text[at] === 'A' ? 'B' : 'A'}${text.slice(at + 1)}`
}

/** Does something to the sessions of a service over SQLite, as one more process with the same data would. */
export async function beside<Result>(
  service: { readonly dataDir: string },
  act: (sojourn: Sojourn<Record<string, unknown>>) => Promise<Result>,
): Promise<Result> {
  const store = await openSqliteStore({
    file: join(service.dataDir, 'sessions.db'),
    busyTimeout: 5_000,
  })
  const sojourn = createSojourn({
    store,
    secrets: freshSecret(),
    resilience: { commandDeadline: 5 },
  })
  try {
    return await act(sojourn)
  } finally {
    await sojourn.close()
  }
}
