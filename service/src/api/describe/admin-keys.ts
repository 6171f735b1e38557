import { z } from 'zod'
import { retirementBody, retirementQuery, rotationBody } from '../../route/admin/keys.js'
import { jsonOrPage, refuses } from '../answers.js'
import type { Operation, Paths } from '../operation.js'
import { instant, NOW } from '../shapes.js'
import { toPage, toSignIn } from './admin-sessions.js'

const algorithm = z.enum(['HS256', 'EdDSA', 'ES256', 'RS256'])
const state = z.enum(['published', 'active', 'retiring', 'retired'])
const key = z
  .object({
    kid: z.string(),
    algorithm,
    origin: z.enum(['option', 'stored']).meta({ description: '`option`: it is in JWT_SECRET.' }),
    state,
    isSigning: z.boolean(),
    isHeld: z.boolean().meta({ description: 'This process can use it.' }),
    createdAt: instant.nullable(),
    activeAt: instant.nullable().meta({ description: 'null: from the start.' }),
    retiredAt: instant.nullable().meta({ description: 'When it stopped, or stops, signing.' }),
    acceptedUntil: instant.nullable().meta({ description: 'Until when its tokens verify.' }),
  })
  .meta({ id: 'SigningKey', description: 'A key of access tokens. Never its material.' })
const KEY = {
  kid: 'Hs6jBm3rWt8zQy5gKx2nTrVp',
  algorithm: 'EdDSA',
  origin: 'stored',
  state: 'active',
  isSigning: true,
  isHeld: true,
  createdAt: NOW,
  activeAt: NOW,
  retiredAt: null,
  acceptedUntil: null,
}
const secret = z
  .object({
    name: z.enum(['SESSION_SECRET', 'REFRESH_SECRET', 'JWT_SECRET']),
    count: z.int().meta({ description: 'How many are in use.' }),
    since: instant.nullable().meta({ description: 'When the newest was first seen.' }),
    isOld: z.boolean().meta({ description: 'It is due for rotation.' }),
  })
  .meta({ id: 'SecretInUse', description: 'A secret of the environment. Never its material.' })
const SECRET = { name: 'SESSION_SECRET', count: 1, since: NOW, isOld: false }
const kid = z.string().nullable().meta({ description: 'null: a key that would be made.' })
const change = z
  .object({
    isDryRun: z.boolean(),
    now: instant,
    kid,
    transitions: z.array(
      z.object({ kid, algorithm, from: state.nullable(), to: state, at: instant }),
    ),
    signers: z.array(z.object({ kid, at: instant })),
    impact: z.array(z.object({ kid: z.string(), acceptedUntil: instant })),
    notes: z.array(z.enum(['successor', 'early', 'option'])),
  })
  .meta({ id: 'KeyChange', description: 'What was done, or would be, to the ring of keys.' })
const CHANGE = {
  isDryRun: true,
  now: NOW,
  kid: null,
  transitions: [{ kid: null, algorithm: 'EdDSA', from: null, to: 'published', at: NOW }],
  signers: [{ kid: KEY.kid, at: NOW }],
  impact: [{ kid: KEY.kid, acceptedUntil: NOW }],
  notes: [],
}
const path = z.object({ kid: z.string().meta({ examples: [KEY.kid] }) })
const fixed = refuses('It cannot be done.', ['key_state', 'keys_fixed'])
const unknown = refuses('No such key.', ['key_unknown'])
const ask: Pick<Operation, 'who'> = { who: 'admin' }
const told = jsonOrPage('What would happen.', change, CHANGE)
const done = jsonOrPage('What was done; with `dryRun`, what would be.', change, CHANGE)

export const adminKeys: Paths = {
  '/admin/keys': {
    get: {
      ...{ id: 'showKeys', summary: 'Signing keys and secrets', ...ask },
      answers: {
        200: jsonOrPage(
          'What there is of them.',
          z.object({
            kind: z.enum(['stored', 'static']).meta({
              description: '`static`: a shared secret, which cannot be rotated here.',
            }),
            keys: z.array(key),
            secrets: z.array(secret),
          }),
          { kind: 'stored', keys: [KEY], secrets: [SECRET] },
        ),
        ...toSignIn,
      },
    },
  },
  '/admin/keys/rotate': {
    get: {
      ...{ id: 'askRotateKeys', summary: 'What a rotation would do', ...ask },
      answers: { 200: told, ...toSignIn, 409: fixed },
    },
    post: {
      ...{ id: 'rotateKeys', summary: 'Rotate the signing key', ...ask },
      about:
        'A new key is made; it signs once every cache of the JWKS knows it, and the present one stops then. With `now` both at once. Nobody is signed out.',
      takes: rotationBody,
      example: { dryRun: true },
      answers: { 200: done, ...toPage, 409: fixed },
    },
  },
  '/admin/keys/{kid}/retire': {
    get: {
      ...{ id: 'askRetireKey', summary: 'What retiring a key would do', ...ask },
      path,
      query: retirementQuery,
      answers: { 200: told, ...toSignIn, 404: unknown, 409: fixed },
    },
    post: {
      ...{ id: 'retireKey', summary: 'Let a key sign no more', ...ask },
      about: 'Its tokens live out their time. With `now` they are refused everywhere at once.',
      path,
      takes: retirementBody,
      example: { now: true },
      answers: { 200: done, ...toPage, 404: unknown, 409: fixed },
    },
  },
}
