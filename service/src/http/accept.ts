import type { Request } from 'express'

/**
 * Whether a page should be answered rather than JSON (RFC 9110 section 12.5.1). Who takes anything, or
 * says nothing, gets JSON: scripts do so, browsers ask for `text/html`.
 */
export function wantsHtml(request: Request): boolean {
  return request.accepts(['json', 'html']) === 'html'
}
