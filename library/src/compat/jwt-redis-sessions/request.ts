import { canonicalAddress } from '../../request/client-address.js'
import { TokenError, ValidationError } from './errors.js'

/** What is looked at of a request; Express 4 and 5 have it. */
export interface HttpRequest {
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  /** The client's address as Express' `trust proxy` has it. */
  readonly ip?: string | undefined
  readonly socket?: { readonly remoteAddress?: string | undefined } | null
  readonly connection?: { readonly remoteAddress?: string | undefined } | null
  readonly body?: unknown
}

/** What is written to an answer. */
export interface HttpResponse {
  status(code: number): HttpResponse
  json(body: unknown): unknown
  set?(name: string, value: string): unknown
  append?(name: string, value: string): unknown
}

/** Goes on with the next handler, or with the first that handles errors. */
export type Next = (error?: unknown) => void

/** A header, where it was sent once. */
export function headerOf({ headers }: HttpRequest, name: string): string | undefined {
  const value = (headers as HttpRequest['headers'] | undefined)?.[name]
  return typeof value === 'string' && value !== '' ? value : undefined
}

/**
 * The client's address: Express' `req.ip`, which believes forwarded headers only as far as `trust proxy` says, or else
 * the other end of the connection. No header is read here, for whoever sends one writes what he likes.
 */
export function addressOf({ ip, socket, connection }: HttpRequest): string | undefined {
  const found = ip ?? socket?.remoteAddress ?? connection?.remoteAddress
  return found === '' ? undefined : found
}

/** Throws {@link TokenError} where the session is bound to another address than the request comes from. */
export function checkAddress(request: HttpRequest, boundIP: unknown): void {
  if (typeof boundIP !== 'string') return
  const { clientIP } = request as { readonly clientIP?: unknown }
  const actual = typeof clientIP === 'string' ? clientIP : (addressOf(request) ?? '')
  if (spelled(actual) !== spelled(boundIP)) {
    throw new TokenError(IP_MISMATCH)
  }
}

/** What is said where the address is another. */
export const IP_MISMATCH = 'Token IP binding mismatch'

/** One spelling for one address: a socket of both families says `::ffff:192.0.2.1`. */
function spelled(address: string): string {
  return canonicalAddress(address) ?? address
}

/** The token of an `Authorization: Bearer` header. Throws {@link ValidationError} saying what is wrong with it. */
export function bearerTokenOf(request: HttpRequest): string {
  const authorization = request.headers['authorization']
  if (authorization === undefined || authorization === '') {
    throw new ValidationError('Authorization header not found')
  }
  if (typeof authorization !== 'string') {
    throw new ValidationError('Invalid authorization header structure')
  }
  const [scheme, token = '', ...more] = authorization.split(' ')
  if (!authorization.includes(' ')) {
    throw new ValidationError('Invalid authorization header format')
  }
  if (scheme !== 'Bearer') {
    throw new ValidationError('Authorization header must use Bearer scheme')
  }
  if (token.trim() === '') {
    throw new ValidationError('Token not provided in authorization header')
  }
  if (more.length > 0) throw new ValidationError('Invalid authorization header format')
  return token
}

/** Whether a request says anything about who sends it. */
export function hasAuthorization({ headers }: HttpRequest): boolean {
  return headers['authorization'] !== undefined && headers['authorization'] !== ''
}

/** A token that a handler was handed, and by which way. */
export type FoundToken =
  | { readonly token: string; readonly from: 'header' | 'body' }
  | { readonly token: string; readonly from: 'cookie'; readonly name: string }

/** The token for a handler: from the header, a field of the parsed body, or a cookie, in this order. */
export function findToken(
  request: HttpRequest,
  fields: readonly string[],
  cookies: readonly string[],
): FoundToken | undefined {
  if (hasAuthorization(request)) return { token: bearerTokenOf(request), from: 'header' }
  const inBody = firstText(request.body, fields)
  if (inBody !== undefined) return { token: inBody, from: 'body' }
  return cookieOf(headerOf(request, 'cookie'), cookies)
}

function firstText(body: unknown, fields: readonly string[]): string | undefined {
  if (typeof body !== 'object' || body === null) return undefined
  const values = fields.map((name): unknown =>
    Object.hasOwn(body, name) ? (body as Readonly<Record<string, unknown>>)[name] : undefined,
  )
  return values.find((value) => typeof value === 'string' && value !== '') as string | undefined
}

/** A cookie that was sent once; of two, nobody could say which is meant. */
function cookieOf(header: string | undefined, names: readonly string[]): FoundToken | undefined {
  const pairs = (header ?? '').split(';').map((pair) => pair.trim())
  for (const name of names) {
    const [found, second] = pairs.filter((pair) => pair.startsWith(`${name}=`))
    if (found !== undefined && second === undefined) {
      return { token: found.slice(name.length + 1), from: 'cookie', name }
    }
  }
  return undefined
}
