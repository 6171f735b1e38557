/** What start-up prints: the ways in, for a person at a terminal. */
const ROUTES: readonly (readonly [method: string, path: string, what: string])[] = [
  ['GET', '/', 'home, with a view counter kept in the session'],
  ['POST', '/register', 'create an account and sign in'],
  ['POST', '/login', 'sign in'],
  ['GET', '/dashboard', 'needs a session'],
  ['GET', '/profile', 'needs a session'],
  ['GET', '/public', 'for anybody; says who you are'],
  ['GET', '/csrf', 'a token for forms, where a client sends no Origin'],
  ['POST', '/logout', 'end this session'],
  ['POST', '/logout-all', 'end all sessions of this person'],
  ['GET', '/sessions', 'your devices; DELETE /sessions/:id ends one, PATCH names it'],
  ['POST', '/sessions/revoke-others', 'end all sessions but this one'],
  ['GET', '/session', 'this session; PATCH changes its data'],
  ['POST', '/session/extend', 'stay signed in'],
  ['GET', '/events', 'a stream that tells when this session is extended, expires or ends'],
  ['POST', '/reauthenticate', 'prove again who you are'],
  ['POST', '/password', 'change the password, end all other sessions'],
  ['POST', '/refresh', 'a refresh token for a new pair; also /auth/refresh'],
  ['POST', '/oauth/introspect', 'is this token good; also /oauth/revoke, /oauth/revocations'],
  ['GET', '/.well-known/jwks.json', 'the keys that verify access tokens'],
  [
    'GET',
    '/admin',
    'the console of administrators and their API, with ADMIN_TOKEN; also /admin/users, /admin/audit',
  ],
  ['GET', '/health', 'also /health/live and /health/ready'],
  ['GET', '/metrics', 'Prometheus text'],
  ['GET', '/docs', 'all of this, to read; /openapi.json for programs'],
]

/** The admin API is there for who has set ADMIN_TOKEN. */
export function routeLines(hasAdmin: boolean): readonly string[] {
  return ROUTES.filter(([, path]) => hasAdmin || !path.startsWith('/admin')).map(
    ([method, path, what]) => `${method.padEnd(6)} ${path.padEnd(24)} ${what}`,
  )
}
