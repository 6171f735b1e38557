/** A client that we did not write, openid-client, in front of our token endpoints. */
import express from 'express'
import * as openid from 'openid-client'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createExpressAdapter } from '../../src/adapter/express.js'
import { createSojourn, type Sojourn } from '../../src/sojourn.js'
import { Browser } from '../support/browser.js'
import { SECRET, TOKENS } from '../support/sojourn.js'
import { listen, type RunningServer } from '../support/web.js'

const CLIENT_SECRET = 'the secret of the gateway, long enough: 0123456789'

let server: RunningServer
let sojourn: Sojourn<Record<string, unknown>>
let configuration: openid.Configuration

beforeAll(async () => {
  sojourn = createSojourn({ secrets: SECRET, tokens: TOKENS })
  const { tokenRoutes: routes } = createExpressAdapter(sojourn)
  const clients = new Map([['gateway', [CLIENT_SECRET]]])
  const app = express()
  app.use(express.urlencoded())
  app.get('/jwks', routes.jwks)
  app.post('/refresh', routes.refresh)
  app.post('/introspect', routes.introspect(clients))
  app.post('/revoke', routes.revoke(clients))
  server = await listen(app as never)
  const { issuer } = TOKENS
  configuration = new openid.Configuration(
    {
      issuer,
      jwks_uri: `${server.url}/jwks`,
      token_endpoint: `${server.url}/refresh`,
      introspection_endpoint: `${server.url}/introspect`,
      revocation_endpoint: `${server.url}/revoke`,
    },
    'gateway',
    CLIENT_SECRET,
  )
  openid.allowInsecureRequests(configuration)
})
afterAll(() => server.close())

async function issue() {
  return new Browser(sojourn).visit(async (session) => {
    await session.signIn('alice')
    return session.issueTokens({ clientId: 'gateway', scope: ['read'] })
  })
}

describe('openid-client', () => {
  it('introspects, refreshes and revokes tokens of ours', async () => {
    const pair = await issue()
    const good = await openid.tokenIntrospection(configuration, pair.accessToken)
    expect(good).toMatchObject({ active: true, sub: 'alice', client_id: 'gateway', scope: 'read' })

    const next = await openid.refreshTokenGrant(configuration, pair.refreshToken)
    expect(next.token_type.toLowerCase()).toBe('bearer')
    expect(next.expires_in).toBeGreaterThan(0)
    const isActive = async (token = '') =>
      (await openid.tokenIntrospection(configuration, token)).active
    expect(await isActive(next.access_token)).toBe(true)
    expect(await isActive(next.refresh_token)).toBe(true)

    await openid.tokenRevocation(configuration, next.access_token)
    expect(await isActive(next.access_token)).toBe(false)
    expect(await isActive(pair.accessToken)).toBe(false)
    await expect(
      openid.refreshTokenGrant(configuration, next.refresh_token ?? ''),
    ).rejects.toMatchObject({ error: 'invalid_grant' })
  })

  it('is refused with the wrong secret, and cannot refresh what belongs to another client', async () => {
    const pair = await issue()
    const server_ = configuration.serverMetadata()
    const wrong = new openid.Configuration(server_, 'gateway', 'not the secret')
    openid.allowInsecureRequests(wrong)
    await expect(openid.tokenIntrospection(wrong, pair.accessToken)).rejects.toMatchObject({
      code: 'OAUTH_WWW_AUTHENTICATE_CHALLENGE',
    })
    const other = new openid.Configuration(server_, 'somebody', CLIENT_SECRET)
    openid.allowInsecureRequests(other)
    await expect(openid.refreshTokenGrant(other, pair.refreshToken)).rejects.toMatchObject({
      error: 'invalid_grant',
    })
    expect(await openid.tokenIntrospection(configuration, pair.refreshToken)).toMatchObject({
      active: true,
    })
  })
})
