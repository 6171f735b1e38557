import { randomBytes } from 'node:crypto'
import { createNodeIncoming } from 'sojourn/express'

export const SECRET = 'a secret for measuring that is long enough 0123456789'
export const ISSUER = 'https://bench.example'
export const AUDIENCE = 'bench'

/** What `createSojourn` is given for tokens. */
export const TOKENS = { issuer: ISSUER, audience: AUDIENCE, accessLifetime: '2h' }

/** An exchange as the Express adapter begins it, without Express. */
export function exchangeWith(sojourn, headers = {}) {
  const all = { host: 'localhost', 'user-agent': 'bench/1 (Linux)', ...headers }
  const request = {
    method: 'GET',
    url: '/me',
    headers: all,
    rawHeaders: Object.entries(all).flat(),
    socket: { remoteAddress: '127.0.0.1' },
  }
  return sojourn.exchange(createNodeIncoming(request, sojourn.proxyTrust))
}

/** Somebody new signs in, and is given tokens. */
export async function signIn(sojourn) {
  const exchange = exchangeWith(sojourn)
  await exchange.session.signIn(`user-${randomBytes(9).toString('base64url')}`)
  const tokens = await exchange.session.issueTokens()
  const { cookies } = await exchange.commit()
  return { tokens, cookie: cookies.map((line) => line.split(';')[0]).join('; ') }
}

/** The same thing for `count` people. */
export async function many(count, make) {
  const made = []
  for (let at = 0; at < count; at += 1) made.push(await make(at))
  return made
}
