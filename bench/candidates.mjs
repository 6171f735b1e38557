/**
 * What `npm run bench` measures. `kind` is the server (see app/server.mjs), `credential` what a request carries, `target`
 * the ratio to bare Express that we want, `commands` what a request may send to Redis.
 *
 * @typedef {object} Candidate
 * @property {string} name
 * @property {string} kind
 * @property {'/me' | '/write' | '/untouched'} path
 * @property {'cookie' | 'bearer'} credential
 * @property {number} [target]
 * @property {number} [commands]
 */

/** @type {readonly Candidate[]} */
export const CANDIDATES = [
  {
    name: 'sojourn, route that never looks',
    kind: 'sojourn-redis',
    path: '/untouched',
    credential: 'cookie',
    commands: 0,
  },
  {
    name: 'sojourn cookie, Redis, near cache',
    kind: 'sojourn-redis',
    path: '/me',
    credential: 'cookie',
    target: 0.9,
    commands: 0,
  },
  {
    name: 'sojourn cookie, Redis, strict',
    kind: 'sojourn-redis-strict',
    path: '/me',
    credential: 'cookie',
    target: 0.8,
    commands: 1,
  },
  {
    name: 'sojourn cookie, Redis, strict, write each time',
    kind: 'sojourn-redis-strict',
    path: '/write',
    credential: 'cookie',
    commands: 2,
  },
  {
    name: 'sojourn cookie, SQLite, near cache',
    kind: 'sojourn-sqlite',
    path: '/me',
    credential: 'cookie',
    target: 0.75,
  },
  {
    name: 'sojourn cookie, memory, near cache',
    kind: 'sojourn-memory',
    path: '/me',
    credential: 'cookie',
  },
  {
    name: 'sojourn bearer (EdDSA), Redis, near cache',
    kind: 'sojourn-redis',
    path: '/me',
    credential: 'bearer',
    target: 0.88,
    commands: 0,
  },
  {
    name: 'sojourn bearer (EdDSA), Redis, strict',
    kind: 'sojourn-redis-strict',
    path: '/me',
    credential: 'bearer',
    commands: 1,
  },
  {
    name: 'sojourn bearer (EdDSA), SQLite, near cache',
    kind: 'sojourn-sqlite',
    path: '/me',
    credential: 'bearer',
  },
  {
    name: 'sojourn bearer (EdDSA), memory, near cache',
    kind: 'sojourn-memory',
    path: '/me',
    credential: 'bearer',
  },
  {
    name: 'express-session, MemoryStore',
    kind: 'express-session-memory',
    path: '/me',
    credential: 'cookie',
  },
  {
    name: 'express-session + connect-redis',
    kind: 'express-session-redis',
    path: '/me',
    credential: 'cookie',
  },
  {
    name: 'express-session + connect-redis, write each time',
    kind: 'express-session-redis',
    path: '/write',
    credential: 'cookie',
  },
  {
    name: 'drop-in, MemoryStore',
    kind: 'drop-in-memory',
    path: '/me',
    credential: 'cookie',
  },
  {
    name: 'drop-in, connect-redis records mirrored (imports changed, no more)',
    kind: 'drop-in-redis',
    path: '/me',
    credential: 'cookie',
  },
  {
    name: 'drop-in, connect-redis records mirrored, write each time',
    kind: 'drop-in-redis',
    path: '/write',
    credential: 'cookie',
  },
  {
    name: 'drop-in, our Redis store, near cache',
    kind: 'drop-in-own-redis',
    path: '/me',
    credential: 'cookie',
  },
  {
    name: 'drop-in, our Redis store, write each time',
    kind: 'drop-in-own-redis',
    path: '/write',
    credential: 'cookie',
  },
  {
    name: 'jsonwebtoken HS256 (cannot be revoked)',
    kind: 'jsonwebtoken',
    path: '/me',
    credential: 'bearer',
  },
  { name: 'jose EdDSA (cannot be revoked)', kind: 'jose', path: '/me', credential: 'bearer' },
  {
    name: 'jwt-redis-sessions auth',
    kind: 'jwt-redis-sessions',
    path: '/me',
    credential: 'bearer',
  },
]

/** What everything is held against: the same answer without any session. */
export const BARE = { name: 'bare Express', kind: 'bare', path: '/me', credential: 'cookie' }
