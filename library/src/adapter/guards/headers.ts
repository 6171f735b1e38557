import type { ServerResponse } from 'node:http'
import { createNodeIncoming } from '../../request/incoming.js'
import type { ProxyTrust } from '../../request/client-address.js'
import {
  createSecurityHeaders,
  type SecurityHeadersOptions,
} from '../../response/security-headers.js'
import { randomToken } from '../../system/random.js'
import type { Middleware } from '../express.js'

/** 128 bits, as CSP level 3 section 7.1 wants. */
const NONCE_BYTES = 16
const POLICY = 'Content-Security-Policy'

/** Where a response keeps its nonce: it is found through wrappers of the response, too. */
const NONCE = Symbol.for('sojourn.nonce')

/** The nonce of this answer, for its `<script nonce>`, `<style nonce>` and `<link nonce>`; `undefined` without `web.headers`. */
export function nonceOf(response: ServerResponse): string | undefined {
  return (response as { readonly [NONCE]?: string })[NONCE]
}

/**
 * Sets the security headers when the request comes in, so that whatever the application or another middleware sets
 * afterwards counts. What turns out to be no page gets the policy for answers that are none, unless somebody
 * else has set a policy meanwhile.
 */
export function createHeadersMiddleware(
  trust: ProxyTrust,
  options: SecurityHeadersOptions,
): Middleware {
  const headers = createSecurityHeaders(options)
  return (request, response, next) => {
    const { isSecure } = createNodeIncoming(request, trust)
    for (const [name, value] of headers.lines(isSecure)) response.setHeader(name, value)
    const nonce = randomToken(NONCE_BYTES)
    Object.assign(response, { [NONCE]: nonce })
    const pagePolicy = headers.pagePolicy(nonce)
    response.setHeader(POLICY, pagePolicy)
    whenHeadIsWritten(response, (isPage) => {
      if (!isPage && response.getHeader(POLICY) === pagePolicy) {
        response.setHeader(POLICY, headers.apiPolicy)
      }
    })
    next()
  }
}

interface Answering {
  writeHead: (...args: unknown[]) => unknown
}

/** Node writes every head through `writeHead`, whether or not the application calls it. */
function whenHeadIsWritten(response: ServerResponse, run: (isPage: boolean) => void): void {
  const target = response as unknown as Answering
  const { writeHead } = target
  target.writeHead = function (...args) {
    if (!response.headersSent) run(isPage(response, args))
    return writeHead.apply(this, args)
  }
}

const PAGE = /^\s*(?:text\/html|application\/xhtml\+xml)\b/i

function isPage(response: ServerResponse, args: readonly unknown[]): boolean {
  const type = explicitType(args) ?? response.getHeader('content-type')
  return typeof type === 'string' && PAGE.test(type)
}

/** The Content-Type among the headers that were given to `writeHead` itself. */
function explicitType(args: readonly unknown[]): unknown {
  const given = typeof args[1] === 'string' ? args[2] : (args[2] ?? args[1])
  if (typeof given !== 'object' || given === null) return undefined
  const flat: unknown[] = Array.isArray(given) ? given.flat() : Object.entries(given).flat()
  const at = flat.findIndex(
    (name, index) => index % 2 === 0 && String(name).toLowerCase() === 'content-type',
  )
  return at === -1 ? undefined : flat[at + 1]
}
