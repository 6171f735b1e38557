import type { CookieConfig, ServerConfig } from './config.js'
import type { Context } from './context.js'

/** The session cookie, checked against the address people see. */
export function buildCookie(context: Context, server: ServerConfig): CookieConfig {
  const { COOKIE_NAME: name, COOKIE_DOMAIN: domain, COOKIE_SAMESITE: sameSite } = context.values
  checkPrefix(context, server)
  checkDomain(context, server)
  if (sameSite === 'none' && !server.isSecure) {
    const what = 'COOKIE_SAMESITE=none needs a Secure cookie, which only https carries.'
    context.findings.refuse('CONFIG_SAMESITE', `${what} Give PUBLIC_URL with https://.`)
  }
  return { name, domain, sameSite }
}

// RFC 6265bis section 4.1.3: browsers look for the prefixes without regard to case.
function checkPrefix({ values, findings }: Context, server: ServerConfig): void {
  const name = values.COOKIE_NAME?.toLowerCase() ?? ''
  if (name.startsWith('__host-') && values.COOKIE_DOMAIN !== undefined) {
    const what = 'A __Host- cookie cannot have a Domain. Use __Secure- or remove COOKIE_DOMAIN.'
    findings.refuse('CONFIG_COOKIE_PREFIX', what)
  }
  const isPrefixed = name.startsWith('__host-') || name.startsWith('__secure-')
  const isLocal = new URL(server.publicUrl).hostname === 'localhost'
  if (isPrefixed && !server.isSecure && !isLocal) {
    const what = `COOKIE_NAME=${values.COOKIE_NAME ?? ''} needs https, and PUBLIC_URL is plain http.`
    findings.refuse('CONFIG_COOKIE_PREFIX', what)
  }
}

function checkDomain({ values, findings }: Context, server: ServerConfig): void {
  const domain = values.COOKIE_DOMAIN
  if (domain === undefined) return
  const host = new URL(server.publicUrl).hostname
  if (host !== domain && !host.endsWith(`.${domain}`)) {
    const what = `COOKIE_DOMAIN=${domain} does not cover ${host}: browsers would drop the cookie.`
    findings.refuse('CONFIG_COOKIE_DOMAIN', what)
    return
  }
  const what = `COOKIE_DOMAIN=${domain} gives the session cookie to every subdomain.`
  findings.warn('CONFIG_COOKIE_DOMAIN', `${what} Leave it out unless you need that.`)
}
