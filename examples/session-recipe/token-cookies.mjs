/** The first pair of tokens as cookies. Scripts see neither, and the refresh token goes to /auth/refresh alone. */
import { createNodeIncoming } from 'sojourn/express'

export function applyTokenCookies(sojourn, tokens, req, res) {
  const incoming = createNodeIncoming(req, sojourn.proxyTrust)
  const { cookies, headers } = sojourn.tokens.cookies(tokens, incoming)
  for (const line of cookies) res.append('Set-Cookie', line)
  for (const [name, value] of headers) res.set(name, value)
}
