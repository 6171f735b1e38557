/**
 * The kinds of server. `load` imports what mounts it (for Express) or makes its server (other frameworks); `needs` names
 * what has to be installed besides the workspace, `node` the least major version that its makers ask for.
 *
 * @typedef {object} Kind
 * @property {() => Promise<Function>} load
 * @property {'express' | 'own'} [framework] default `express`
 * @property {boolean} [isPrepared] see app/prepared.mjs
 * @property {readonly string[]} [needs]
 */

const bare = async () => (await import('./bare.mjs')).mountBare
const ours = async () => (await import('./sojourn.mjs')).mountSojourn
const expressSession = async () => (await import('./express-session.mjs')).mountExpressSession
const betterAuth = async () => (await import('./better-auth.mjs')).mountBetterAuth
const fastifySession = async () => (await import('./fastify-session.mjs')).startFastifySession

/** @type {Record<string, Kind>} */
export const KINDS = {
  bare: { load: bare },
  'bare-prepared': { load: bare, isPrepared: true },
  'bare-http': { load: async () => (await import('./bare.mjs')).startHttp, framework: 'own' },
  'bare-fastify': {
    load: async () => (await import('./bare.mjs')).startFastify,
    framework: 'own',
    needs: ['fastify'],
  },
  'bare-hono': {
    load: async () => (await import('./bare.mjs')).startHono,
    framework: 'own',
    needs: ['hono', '@hono/node-server'],
  },
  'sojourn-redis': { load: ours },
  'sojourn-redis-strict': { load: ours },
  'sojourn-redis-prepared': { load: ours, isPrepared: true },
  'sojourn-redis-strict-prepared': { load: ours, isPrepared: true },
  'sojourn-sqlite': { load: ours },
  'sojourn-memory': { load: ours },
  'sojourn-fastify': {
    load: async () => (await import('./sojourn-frameworks.mjs')).startSojournFastify,
    framework: 'own',
    needs: ['fastify'],
  },
  'sojourn-hono': {
    load: async () => (await import('./sojourn-frameworks.mjs')).startSojournHono,
    framework: 'own',
    needs: ['hono', '@hono/node-server'],
  },
  'express-session-memory': { load: expressSession },
  'express-session-redis': { load: expressSession },
  'express-session-redis-untouched': { load: expressSession },
  'express-session-redis-prepared': { load: expressSession, isPrepared: true },
  'drop-in-memory': { load: expressSession },
  'drop-in-redis': { load: expressSession },
  'drop-in-own-redis': { load: expressSession },
  jsonwebtoken: { load: async () => (await import('./jwt.mjs')).mountJsonwebtoken },
  'jose-HS256': { load: async () => (await import('./jwt.mjs')).mountJose },
  'jose-ES256': { load: async () => (await import('./jwt.mjs')).mountJose },
  'jose-EdDSA': { load: async () => (await import('./jwt.mjs')).mountJose },
  'fast-jwt': {
    load: async () => (await import('./fast-jwt.mjs')).mountFastJwt,
    needs: ['fast-jwt'],
  },
  'jwt-redis-sessions': {
    load: async () => (await import('./jwt-redis-sessions.mjs')).mountJwtRedisSessions,
  },
  'iron-session': {
    load: async () => (await import('./iron-session.mjs')).mountIronSession,
    needs: ['iron-session'],
  },
  'fastify-session': {
    load: fastifySession,
    framework: 'own',
    needs: ['fastify', '@fastify/session', '@fastify/cookie'],
  },
  'fastify-session-still': {
    load: fastifySession,
    framework: 'own',
    needs: ['fastify', '@fastify/session', '@fastify/cookie'],
  },
  'better-auth': { load: betterAuth, needs: ['better-auth'] },
  'better-auth-cookie-cache': { load: betterAuth, needs: ['better-auth'] },
}
