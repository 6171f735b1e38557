import type { Request, RequestHandler, Response, Router } from 'express'
import type { TokenSet } from 'sojourn'
import { createNodeIncoming, refuseCredentialInUrl, sendRefusal } from 'sojourn/express'
import { fieldsAmongOthers, jsonOrForm, optionalBody, text } from '../http/index.js'
import type { Parts, Visitor } from '../parts.js'
import { createRouter } from './router.js'

/** Where the token endpoints are. */
export const TOKEN_PATHS = {
  refresh: '/refresh',
  authRefresh: '/auth/refresh',
  introspect: '/oauth/introspect',
  revoke: '/oauth/revoke',
  revocations: '/oauth/revocations',
  jwks: '/.well-known/jwks.json',
  metadata: '/.well-known/oauth-authorization-server',
} as const

export const refreshBody: RequestHandler = optionalBody(
  fieldsAmongOthers({
    refreshToken: text().optional(),
    refresh_token: text().optional(),
    grant_type: text().optional(),
    client_id: text().optional(),
  }),
)

/** RFC 7009 and RFC 7662 want forms; JSON does as well. */
export const tokenBody: RequestHandler = jsonOrForm(
  fieldsAmongOthers({
    token: text(),
    token_type_hint: text().optional(),
    client_id: text().optional(),
    client_secret: text().optional(),
  }),
)

/** Access and refresh tokens: exchanging, looking up, revoking, and what others need to verify them. */
export function tokenRoutes(parts: Parts): Router {
  const { web, config } = parts
  const { tokenRoutes: routes } = web
  const router = createRouter()
  const clients = new Map(
    [...config.tokens.clients].map(([id, list]) => [id, list.map((one) => one.reveal())]),
  )
  router.post(TOKEN_PATHS.refresh, refreshBody, routes.refresh)
  // The one path to which browsers send the cookie again.
  router.post(TOKEN_PATHS.authRefresh, refreshBody, startTokens(parts), routes.refresh)
  router.post(TOKEN_PATHS.introspect, tokenBody, routes.introspect(clients))
  router.post(TOKEN_PATHS.revoke, tokenBody, routes.revoke(clients))
  router.get(
    TOKEN_PATHS.revocations,
    routes.revocations(clients, () => parts.lifecycle.isDraining),
  )
  router.get(TOKEN_PATHS.jwks, routes.jwks)
  router.get(TOKEN_PATHS.metadata, (_request, response) => {
    response.set('Cache-Control', 'public, max-age=600').json(metadata(parts))
  })
  return router
}

/**
 * Milliseconds for which tabs that start at once share one family: a second would kill what the first was given. It
 * is as long as a request may have been under way before the answer to the other one came.
 */
const SHARE_FOR = 2_000

/**
 * A browser that has a session and no tokens yet gets its first pair here, as cookies: from then on it may refresh.
 * One that has tokens must show them: starting anew would kill those that another client of the session holds.
 */
function startTokens({ web, sojourn }: Parts): RequestHandler {
  const starts = new Map<string, Promise<TokenSet>>()
  const start = (session: Visitor['session'], id: string): Promise<TokenSet> => {
    const started = session.issueTokens()
    const forget = (): boolean => starts.delete(id)
    starts.set(id, started)
    started.then(() => setTimeout(forget, SHARE_FOR).unref(), forget)
    return started
  }
  return web.handler(async (request: Visitor, response: Response, next) => {
    const incoming = createNodeIncoming(request, sojourn.proxyTrust)
    const { session } = request
    if (isBare(request) && sojourn.tokens.refreshCookie(incoming) === undefined) {
      await session.load()
      const { id } = session
      const started = starts.get(id ?? '')
      if (id !== undefined && session.isSignedIn && (started !== undefined || !session.hasTokens)) {
        const tokens = await (started ?? start(session, id))
        const { cookies } = sojourn.tokens.cookies(tokens, incoming)
        for (const line of cookies) response.append('Set-Cookie', line)
        response.json({ success: true, expiresIn: tokens.expiresIn })
        return
      }
    }
    next()
  })
}

/** Whether a browser asks that shows nothing but cookies. */
function isBare(request: Visitor): boolean {
  const body = request.body as object
  const hasToken =
    request.get('authorization') !== undefined || 'refreshToken' in body || 'refresh_token' in body
  return request.get('sec-fetch-site') !== undefined && !hasToken
}

/** RFC 8414, as far as there is something to tell. */
function metadata({ config }: Parts): object {
  const { publicUrl } = config.server
  const basic = ['client_secret_basic', 'client_secret_post']
  return {
    issuer: config.tokens.issuer,
    jwks_uri: `${publicUrl}${TOKEN_PATHS.jwks}`,
    token_endpoint: `${publicUrl}${TOKEN_PATHS.refresh}`,
    token_endpoint_auth_methods_supported: ['none'],
    grant_types_supported: ['refresh_token'],
    response_types_supported: [],
    introspection_endpoint: `${publicUrl}${TOKEN_PATHS.introspect}`,
    introspection_endpoint_auth_methods_supported: basic,
    revocation_endpoint: `${publicUrl}${TOKEN_PATHS.revoke}`,
    revocation_endpoint_auth_methods_supported: basic,
    revocations_uri: `${publicUrl}${TOKEN_PATHS.revocations}`,
  }
}

/** Refuses any address that holds a credential, whatever route it is for. */
export function refuseTokensInUrls({ sojourn }: Parts): RequestHandler {
  return (request: Request, response: Response, next) => {
    const incoming = createNodeIncoming(request, sojourn.proxyTrust)
    const refusal = refuseCredentialInUrl(incoming)
    if (refusal === undefined) {
      next()
      return
    }
    const { address, method } = incoming
    const { code } = refusal
    const facts = { code, method, path: request.path, address, isEnforced: true }
    sojourn.report('request.refused', { guard: 'credential_in_url', ...facts })
    sendRefusal(response, refusal)
  }
}
