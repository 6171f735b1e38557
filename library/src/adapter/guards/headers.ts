import {
  createSecurityHeaders,
  type SecurityHeadersOptions,
} from '../../response/security-headers.js'
import { randomToken } from '../../system/random.js'
import type { Guard } from '../neutral/call.js'

/** 128 bits, as CSP level 3 section 7.1 wants. */
const NONCE_BYTES = 16
const POLICY = 'Content-Security-Policy'
const PAGE = /^\s*(?:text\/html|application\/xhtml\+xml)\b/i

/**
 * Sets the security headers when the request comes in, so that whatever the application or another middleware sets
 * afterwards counts. What turns out to be no page gets the policy for answers that are none, unless somebody
 * else has set a policy meanwhile.
 */
export function createHeadersGuard(options: SecurityHeadersOptions = {}): Guard {
  const headers = createSecurityHeaders(options)
  return (call) => {
    for (const [name, value] of headers.lines(call.incoming.isSecure)) {
      call.headers.setHeader(name, value)
    }
    const nonce = randomToken(NONCE_BYTES)
    call.keepNonce(nonce)
    const pagePolicy = headers.pagePolicy(nonce)
    call.headers.setHeader(POLICY, pagePolicy)
    call.atHead((head) => {
      if (!isPage(head.getHeader('content-type')) && head.getHeader(POLICY) === pagePolicy) {
        head.setHeader(POLICY, headers.apiPolicy)
      }
    })
    return undefined
  }
}

function isPage(type: unknown): boolean {
  return typeof type === 'string' && PAGE.test(type)
}
