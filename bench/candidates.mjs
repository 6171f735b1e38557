/**
 * What `npm run bench` measures. `kind` is the server (see app/kinds.mjs), `credential` what a request carries, `target`
 * the ratio to bare Express that we want (PERFORMANCE), `note` what has to be known to read the figure.
 *
 * @typedef {object} Candidate
 * @property {string} name
 * @property {'bare' | 'cookie' | 'bearer' | 'write' | 'sign-in'} group which bars of the chart it belongs to
 * @property {string} kind
 * @property {'/me' | '/write' | '/untouched' | '/login' | '/token'} path
 * @property {'cookie' | 'bearer'} credential
 * @property {boolean} [isOurs]
 * @property {boolean} [isSignIn] every request signs somebody in, without a password
 * @property {boolean} [hasAccounts] only people who were there before can sign in
 * @property {boolean} [isIncumbent] what most people have
 * @property {number} [target]
 * @property {string} [note]
 */

const reads = (group, credential) => (name, kind, rest) => ({
  name,
  group,
  kind,
  path: '/me',
  credential,
  ...rest,
})
const bare = reads('bare', 'cookie')
const cookie = reads('cookie', 'cookie')
const bearer = reads('bearer', 'bearer')
const write = (name, kind, rest) => ({
  ...cookie(name, kind, rest),
  group: 'write',
  path: '/write',
})
const signIn = (name, kind, rest) => ({
  ...cookie(name, kind, { path: '/login', ...rest }),
  group: 'sign-in',
  isSignIn: true,
})

const ours = (target) => ({ isOurs: true, ...(target === undefined ? {} : { target }) })
const PREPARED = 'the server is made with the prototypes of Express, see app/prepared.mjs'
const PREPARED_OURS = { ...ours(), note: PREPARED }
const ON_FASTIFY = { note: 'on Fastify' }
const NOT_REVOCABLE = { note: 'cannot be revoked' }

/** What everything is held against: the same answer without any session. */
export const BARE = bare('bare Express', 'bare')

/** @type {readonly Candidate[]} */
export const CANDIDATES = [
  bare('bare node:http', 'bare-http'),
  bare('bare Fastify', 'bare-fastify'),
  bare('bare Hono', 'bare-hono'),
  bare('bare Express, prototypes prepared', 'bare-prepared'),

  cookie('sojourn, a route that never looks', 'sojourn-redis', { ...ours(), path: '/untouched' }),
  cookie('sojourn, Redis, near cache', 'sojourn-redis', ours(0.9)),
  cookie('sojourn, Redis, strict', 'sojourn-redis-strict', ours(0.8)),
  cookie('sojourn, Redis, near cache, prepared', 'sojourn-redis-prepared', PREPARED_OURS),
  cookie('sojourn, Redis, strict, prepared', 'sojourn-redis-strict-prepared', PREPARED_OURS),
  cookie('sojourn, SQLite, near cache', 'sojourn-sqlite', ours(0.75)),
  cookie('sojourn, memory', 'sojourn-memory', ours()),
  cookie('sojourn on Fastify, Redis, near cache', 'sojourn-fastify', { ...ours(), ...ON_FASTIFY }),
  cookie('sojourn on Hono, Redis, near cache', 'sojourn-hono', { ...ours(), note: 'on Hono' }),
  cookie('drop-in, our Redis store', 'drop-in-own-redis', ours(0.8)),
  cookie('drop-in, connect-redis mirrored', 'drop-in-redis', ours()),
  cookie('drop-in, memory', 'drop-in-memory', ours()),
  cookie('express-session + connect-redis', 'express-session-redis', { isIncumbent: true }),
  cookie('express-session + connect-redis, prepared', 'express-session-redis-prepared', {
    note: PREPARED,
  }),
  cookie('express-session + connect-redis, touch off', 'express-session-redis-untouched', {
    note: 'a session in use runs out all the same',
  }),
  cookie('express-session, MemoryStore', 'express-session-memory', { note: 'one process only' }),
  cookie('@fastify/session + Redis', 'fastify-session', ON_FASTIFY),
  cookie('@fastify/session + Redis, not rolling', 'fastify-session-still', {
    note: 'on Fastify; a session in use runs out all the same',
  }),
  cookie('iron-session', 'iron-session', NOT_REVOCABLE),
  cookie('better-auth, Redis', 'better-auth'),
  cookie('better-auth, cookie cache', 'better-auth-cookie-cache', {
    note: 'revocation is seen after up to 5 minutes',
  }),

  bearer('sojourn EdDSA, Redis, near cache', 'sojourn-redis', ours(0.88)),
  bearer('sojourn EdDSA, Redis, strict', 'sojourn-redis-strict', ours()),
  bearer('sojourn EdDSA, SQLite, near cache', 'sojourn-sqlite', ours()),
  bearer('sojourn EdDSA, memory', 'sojourn-memory', ours()),
  bearer('jwt-redis-sessions auth', 'jwt-redis-sessions'),
  bearer('jsonwebtoken HS256', 'jsonwebtoken', NOT_REVOCABLE),
  bearer('jose HS256', 'jose-HS256', NOT_REVOCABLE),
  bearer('jose ES256', 'jose-ES256', NOT_REVOCABLE),
  bearer('jose EdDSA', 'jose-EdDSA', NOT_REVOCABLE),
  bearer('fast-jwt HS256, cache', 'fast-jwt', NOT_REVOCABLE),

  write('sojourn, Redis, near cache, write each time', 'sojourn-redis', ours(0.65)),
  write('sojourn, Redis, strict, write each time', 'sojourn-redis-strict', ours()),
  write('sojourn, SQLite, near cache, write each time', 'sojourn-sqlite', ours()),
  write('drop-in, our Redis store, write each time', 'drop-in-own-redis', ours()),
  write('drop-in, connect-redis mirrored, write each time', 'drop-in-redis', ours()),
  write('express-session + connect-redis, write each time', 'express-session-redis', {
    isIncumbent: true,
  }),
  write('@fastify/session + Redis, write each time', 'fastify-session', ON_FASTIFY),
]

/** Sign-ins over HTTP, without hashing a password: part `people`. */
export const SIGN_INS = [
  signIn('sojourn, Redis, by cookie', 'sojourn-redis', ours()),
  signIn('sojourn, Redis, with tokens', 'sojourn-redis', {
    ...ours(),
    path: '/token',
    credential: 'bearer',
  }),
  signIn('sojourn, SQLite, by cookie', 'sojourn-sqlite', ours()),
  signIn('express-session + connect-redis', 'express-session-redis', { isIncumbent: true }),
  signIn('@fastify/session + Redis', 'fastify-session', ON_FASTIFY),
  signIn('iron-session', 'iron-session', NOT_REVOCABLE),
  signIn('jwt-redis-sessions', 'jwt-redis-sessions', { path: '/token', credential: 'bearer' }),
  signIn('better-auth, Redis', 'better-auth', {
    hasAccounts: true,
    note: 'people who have an account; the others take anybody',
  }),
]
