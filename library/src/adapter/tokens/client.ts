/** A client as it names itself (RFC 6749 section 2.3.1): by HTTP Basic, or in the body. */
export interface PresentedClient {
  readonly id: string
  readonly secret: string
}

const BASIC = /^basic +([A-Za-z0-9+/]+={0,2}) *$/i

/** Reads how a client authenticates; `undefined` where it does not, or in two ways at once. */
export function readClient(
  authorization: string | undefined,
  body: unknown,
): PresentedClient | undefined {
  const inBody = fromBody(body)
  if (authorization === undefined) return inBody
  return inBody?.secret === undefined ? fromBasic(authorization) : undefined
}

function fromBasic(authorization: string): PresentedClient | undefined {
  const encoded = BASIC.exec(authorization)?.[1]
  if (encoded === undefined) return undefined
  const text = Buffer.from(encoded, 'base64').toString('utf8')
  const colon = text.indexOf(':')
  if (colon < 1) return undefined
  const id = decoded(text.slice(0, colon))
  const secret = decoded(text.slice(colon + 1))
  return id === undefined || secret === undefined ? undefined : { id, secret }
}

/** Both parts are form-encoded first (RFC 6749 section 2.3.1). */
function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '))
  } catch {
    return undefined
  }
}

function fromBody(body: unknown): PresentedClient | undefined {
  if (typeof body !== 'object' || body === null) return undefined
  const { client_id: id, client_secret: secret } = body as Readonly<Record<string, unknown>>
  return typeof id === 'string' && typeof secret === 'string' ? { id, secret } : undefined
}
