/**
 * suite/ owns one application, written once as a table of routes, and one file for each framework that mounts it in that
 * framework's own way. frameworks.integration.test.ts asks all of them the same questions.
 */
import type { Guards } from '../../../src/adapter/guards/guards.js'
import type { Session } from '../../../src/session/session.js'
import type { Sojourn } from '../../../src/sojourn.js'
import type { RunningServer } from '../../support/web.js'

export interface Data {
  name: string
  count: number
  late: boolean
}

/** What a handler of any framework has at hand. */
export interface Visit {
  readonly session: Session<Data>
  readonly query: URLSearchParams
  csrfToken(): Promise<string>
  nonce(): string | undefined
}

/** What it answers; each framework sends it in its own way. */
export type Result =
  | { readonly json: object; readonly headers?: Readonly<Record<string, string>> }
  | { readonly html: string }
  | { readonly redirect: string }
  | { readonly stream: () => AsyncGenerator<string> }

// Each framework's own middleware goes through here; what it is, only its own file knows.
export type AnyGuards = Guards<unknown, never>

export interface Route {
  readonly method: 'GET' | 'POST'
  readonly path: string
  readonly guards?: (web: AnyGuards) => readonly unknown[]
  /** Missing where the last guard answers. */
  readonly run?: (visit: Visit) => Result | Promise<Result>
}

/** One framework. */
export interface Framework {
  readonly name: string
  start(sojourn: Sojourn<Data>): Promise<RunningServer>
}

export const CLIENTS: ReadonlyMap<string, readonly string[]> = new Map([['api', ['s3cret']]])

const outcome = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'saved',
    (error: Error & { code?: string }) => error.code ?? error.message,
  )

const tick = async (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 5))

const me = ({ session }: Visit): Result => ({
  json: { subject: session.subject ?? null, unknown: session.isUnknown },
})

export const ROUTES: readonly Route[] = [
  { method: 'GET', path: '/plain', run: () => ({ json: { plain: true } }) },
  {
    method: 'POST',
    path: '/login',
    async run({ session, query }) {
      await session.signIn(query.get('as') ?? 'alice')
      return { json: { id: session.id } }
    },
  },
  {
    method: 'POST',
    path: '/logout',
    guards: (web) => [web.requireSession()],
    run: async ({ session }) => ({ json: { ended: await session.signOut() } }),
  },
  { method: 'GET', path: '/me', guards: (web) => [web.requireSession()], run: me },
  {
    method: 'GET',
    path: '/fresh',
    guards: (web) => [web.requireSession({ fresh: true })],
    run: me,
  },
  { method: 'GET', path: '/optional', guards: (web) => [web.optionalSession()], run: me },
  { method: 'GET', path: '/anybody', guards: (web) => [web.optionalAuth()], run: me },
  { method: 'GET', path: '/recent', guards: (web) => [web.requireRecent('5m')], run: me },
  { method: 'GET', path: '/auth', guards: (web) => [web.requireAuth()], run: me },
  { method: 'GET', path: '/scope', guards: (web) => [web.requireAuth({ scope: 'pay' })], run: me },
  {
    method: 'GET',
    path: '/read-only',
    guards: (web) => [web.requireSession({ readOnly: true })],
    async run({ session }) {
      return { json: { outcome: await outcome((async () => session.set('name', 'x'))()) } }
    },
  },
  {
    method: 'GET',
    path: '/set',
    run({ session, query }) {
      session.set('name', query.get('name') ?? '')
      return { json: { set: true } }
    },
  },
  {
    method: 'GET',
    path: '/get',
    run: async ({ session }) => ({ json: { name: (await session.get('name')) ?? null } }),
  },
  {
    method: 'GET',
    path: '/count',
    run: async ({ session }) => ({ json: { count: await session.incr('count') } }),
  },
  {
    method: 'GET',
    path: '/throws',
    run({ session }) {
      session.set('name', 'thrown')
      throw new Error('a bug of the application')
    },
  },
  {
    method: 'GET',
    path: '/unavailable',
    run: async ({ session }) => ({ json: { name: (await session.get('name')) ?? null } }),
  },
  {
    method: 'GET',
    path: '/own-headers',
    run({ session }) {
      session.set('name', 'lost')
      const headers = { 'set-cookie': 'own=1', 'x-frame-options': 'DENY', etag: '"1"' }
      return { json: { set: true }, headers }
    },
  },
  {
    method: 'GET',
    path: '/redirect',
    run({ session }) {
      session.set('name', 'redirected')
      return { redirect: '/get' }
    },
  },
  {
    method: 'GET',
    path: '/stream',
    run({ session }) {
      session.set('name', 'streamed')
      return {
        async *stream() {
          yield 'one '
          await tick()
          // The head has left: this is saved at once.
          session.set('late', true)
          yield await outcome(session.save())
        },
      }
    },
  },
  {
    method: 'GET',
    path: '/late-guest',
    run: ({ session }) => ({
      async *stream() {
        yield 'one '
        await tick()
        yield await outcome((async () => session.signIn('alice'))())
      },
    }),
  },
  {
    method: 'GET',
    path: '/late',
    guards: (web) => [web.requireSession()],
    run: async ({ session }) => ({ json: { late: (await session.get('late')) ?? null } }),
  },
  {
    method: 'GET',
    path: '/form',
    guards: (web) => [web.csrf({ tokens: 'always' })],
    run: async ({ csrfToken }) => ({ json: { token: await csrfToken() } }),
  },
  {
    method: 'POST',
    path: '/form',
    guards: (web) => [web.csrf({ tokens: 'always' })],
    run: () => ({ json: { done: true } }),
  },
  {
    method: 'POST',
    path: '/origin',
    guards: (web) => [web.sameOrigin()],
    run: () => ({ json: { done: true } }),
  },
  {
    method: 'GET',
    path: '/limited',
    guards: (web) => [web.limit({ name: 'few', quota: 2, window: '1h' })],
    run: () => ({ json: { done: true } }),
  },
  {
    method: 'GET',
    path: '/https',
    guards: (web) => [web.https({ origin: 'https://app.example' })],
    run: () => ({ json: { done: true } }),
  },
  {
    method: 'GET',
    path: '/page',
    guards: (web) => [web.headers()],
    run: ({ nonce }) => ({ html: `<script nonce="${nonce() ?? ''}"></script>` }),
  },
  {
    method: 'GET',
    path: '/api',
    guards: (web) => [web.headers()],
    run: () => ({ json: { done: true } }),
  },
  {
    method: 'GET',
    path: '/api/throws',
    guards: (web) => [web.headers(), web.cors({ origins: ['https://shop.example'] })],
    run() {
      throw new Error('a bug of the application')
    },
  },
  {
    method: 'GET',
    path: '/cors',
    guards: (web) => [web.cors({ origins: ['https://shop.example'] }), web.requireSession()],
    run: me,
  },
  {
    method: 'GET',
    path: '/embedded',
    guards: (web) => [web.notEmbedded()],
    run: () => ({ json: { done: true } }),
  },
  {
    method: 'POST',
    path: '/tokens',
    guards: (web) => [web.requireSession()],
    run: async ({ session }) => ({ json: await session.issueTokens() }),
  },
  { method: 'POST', path: '/token/refresh', guards: (web) => [web.tokenRoutes.refresh] },
  { method: 'POST', path: '/token/revoke', guards: (web) => [web.tokenRoutes.revoke(CLIENTS)] },
  {
    method: 'POST',
    path: '/token/introspect',
    guards: (web) => [web.tokenRoutes.introspect(CLIENTS)],
  },
  { method: 'GET', path: '/jwks', guards: (web) => [web.tokenRoutes.jwks] },
  { method: 'GET', path: '/ended', guards: (web) => [web.tokenRoutes.revocations(CLIENTS)] },
]
