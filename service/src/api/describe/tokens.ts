import { z } from 'zod'
import { fields, wholeNumberText } from '../../http/index.js'
import { refreshBody, tokenBody } from '../../route/tokens.js'
import { json, refuses } from '../answers.js'
import type { Answer, Chapter, Operation } from '../operation.js'
import { done, SESSION_ID, sessionId, tokens, TOKENS, USER_ID } from '../shapes.js'

const seconds = z.int().min(0)
const byCookie = done.extend({ expiresIn: seconds })
const standard = z.object({
  access_token: z.string(),
  refresh_token: z.string(),
  expires_in: seconds,
  token_type: z.enum(['Bearer', 'DPoP']),
})
const exchanged: Answer = json(
  'A new pair; the old refresh token is spent. `success` where it came by cookie: so does the new one.',
  z.union([tokens, standard, byCookie]),
  TOKENS,
)
const refresh: Omit<Operation, 'id' | 'summary'> = {
  who: 'guest',
  takes: refreshBody,
  example: { refreshToken: 'rt.….…' },
  isLimited: true,
  answers: {
    200: exchanged,
    400: refuses('The token is not good, or came in two places.', [
      'invalid_grant',
      'invalid_request',
      'invalid_dpop_proof',
      'credentials_conflict',
    ]),
    401: refuses('No token came, or the one in the cookie is not good.', [
      'token_missing',
      'invalid_grant',
      'scheme_unsupported',
      'session_ended',
    ]),
  },
}

const introspection = z.union([
  z.object({ active: z.literal(false) }),
  z.object({
    active: z.literal(true),
    token_type: z.enum(['Bearer', 'DPoP', 'refresh_token']),
    iss: z.string(),
    sub: z.string(),
    sid: z.string(),
    exp: z.int(),
    iat: z.int().optional(),
    jti: z.string().optional(),
    aud: z.array(z.string()).optional(),
    client_id: z.string().optional(),
    scope: z.string().optional(),
    act: z.object({ sub: z.string() }).optional(),
    cnf: z.object({ jkt: z.string() }).optional(),
  }),
])
const endings = z.object({
  since: z.int(),
  now: z.int().meta({ description: 'Pass it as the next `since`.' }),
  sessions: z.array(z.object({ id: sessionId, endedAt: z.int() })),
  subjects: z.array(
    z.object({
      subject: z.string(),
      epoch: z.int(),
      except: sessionId.optional(),
      endedAt: z.int(),
    }),
  ),
})
const jwks = z.object({
  keys: z.array(
    z.looseObject({ kty: z.string(), kid: z.string(), alg: z.string(), use: z.literal('sig') }),
  ),
})
const url = z.string()
const metadata = z.object({
  issuer: z.string(),
  jwks_uri: url,
  token_endpoint: url,
  token_endpoint_auth_methods_supported: z.array(z.string()),
  grant_types_supported: z.array(z.string()),
  response_types_supported: z.array(z.string()),
  introspection_endpoint: url,
  introspection_endpoint_auth_methods_supported: z.array(z.string()),
  revocation_endpoint: url,
  revocation_endpoint_auth_methods_supported: z.array(z.string()),
  revocations_uri: url,
})
const AT = 'https://app.example'
const ISSUED = 1_772_357_400

export const tokenEndpoints: Chapter = {
  name: 'Tokens',
  about:
    'Access and refresh tokens: exchanging, looking up, revoking, and what others need to verify them.',
  paths: {
    '/refresh': {
      post: {
        id: 'refresh',
        summary: 'A refresh token for a new pair',
        about:
          'The token comes as `Authorization: Bearer`, in the body or in its cookie. With `grant_type=refresh_token` the answer speaks RFC 6749.',
        ...refresh,
      },
    },
    '/auth/refresh': {
      post: {
        id: 'refreshInBrowser',
        summary: 'The same, for pages',
        about:
          'The one path to which browsers send the refresh cookie. A browser that has a session and no tokens yet gets its first pair here.',
        ...refresh,
      },
    },
    '/oauth/introspect': {
      post: {
        id: 'introspect',
        summary: 'Is this token good now? (RFC 7662)',
        who: 'client',
        takes: tokenBody,
        example: { token: TOKENS.accessToken },
        isLimited: true,
        answers: {
          200: json('What it stands for; of one that is not good, only that.', introspection, {
            active: true,
            token_type: 'Bearer',
            iss: AT,
            sub: USER_ID,
            sid: SESSION_ID,
            aud: [AT],
            jti: 'mW2xT7y',
            iat: ISSUED,
            exp: ISSUED + 900,
          }),
        },
      },
    },
    '/oauth/revoke': {
      post: {
        id: 'revoke',
        summary: 'End the session a token belongs to (RFC 7009)',
        who: 'client',
        takes: tokenBody,
        example: { token: TOKENS.refreshToken },
        isLimited: true,
        answers: { 200: { description: 'It is not good any more, if it ever was.' } },
      },
    },
    '/oauth/revocations': {
      get: {
        id: 'listRevocations',
        summary: 'What ended, for verifiers without a store',
        about: 'Waits up to `wait` seconds for news.',
        who: 'client',
        query: fields({
          since: wholeNumberText(0, Number.MAX_SAFE_INTEGER).optional(),
          wait: wholeNumberText(0, 30).optional(),
        }),
        isLimited: true,
        answers: {
          200: json('What ended since then.', endings, {
            since: 0,
            now: ISSUED * 1_000,
            sessions: [{ id: SESSION_ID, endedAt: ISSUED * 1_000 - 1 }],
            subjects: [],
          }),
          501: refuses('', ['feed_unavailable']),
        },
      },
    },
    '/.well-known/jwks.json': {
      get: {
        id: 'getKeys',
        summary: 'The keys that verify access tokens (RFC 7517)',
        who: 'anybody',
        answers: {
          200: {
            description: 'Public keys; keep them for ten minutes.',
            content: {
              'application/jwk-set+json': {
                schema: jwks,
                example: {
                  keys: [
                    { kty: 'OKP', crv: 'Ed25519', kid: 'k1', alg: 'EdDSA', use: 'sig', x: '…' },
                  ],
                },
              },
            },
          },
          503: refuses('', ['store_unavailable']),
        },
      },
    },
    '/.well-known/oauth-authorization-server': {
      get: {
        id: 'getMetadata',
        summary: 'Where everything is (RFC 8414)',
        who: 'anybody',
        answers: {
          200: json('Addresses and what they take.', metadata, {
            issuer: AT,
            jwks_uri: `${AT}/.well-known/jwks.json`,
            token_endpoint: `${AT}/refresh`,
            token_endpoint_auth_methods_supported: ['none'],
            grant_types_supported: ['refresh_token'],
            response_types_supported: [],
            introspection_endpoint: `${AT}/oauth/introspect`,
            introspection_endpoint_auth_methods_supported: ['client_secret_basic'],
            revocation_endpoint: `${AT}/oauth/revoke`,
            revocation_endpoint_auth_methods_supported: ['client_secret_basic'],
            revocations_uri: `${AT}/oauth/revocations`,
          }),
        },
      },
    },
  },
}
