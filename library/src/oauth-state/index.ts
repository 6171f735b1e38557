/**
 * `sojourn/oauth-state`: away to a provider (OAuth 2, OpenID Connect) and back, as the same browser. It owns `state`, `nonce` and
 * PKCE between leaving and coming back, and nothing else: which provider, which tokens and who that is, decide you and your OAuth
 * client. The session is not touched, so its cookie may have any `SameSite`.
 */
export { createOauthState, type Departure, type OauthState, type Return } from './state.js'
export type { OauthStateOptions } from './options.js'
