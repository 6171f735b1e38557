import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createSojourn, createMemoryStore } from 'sojourn'
import { createExpressAdapter } from 'sojourn/express'
import { connect } from '../harness/redis.mjs'

/** Ours: one application that takes cookies and access tokens. The near cache is on, but where the kind says `strict`. */
export async function mountSojourn({ app, kind, redisUrl, secret, answer, subjectOf }) {
  const isStrict = kind.includes('strict')
  const sojourn = createSojourn({
    secrets: secret,
    store: await openStore(kind, redisUrl, isStrict),
    ...(isStrict ? { cache: false } : {}),
    tokens: { issuer: 'https://bench.example', audience: 'bench', accessLifetime: '2h' },
  })
  const web = createExpressAdapter(sojourn)
  app.use(web.sessions)
  const login = async ({ session }, subject) => {
    await session.signIn(subject)
    session.set('name', 'Ada')
    await session.save()
  }
  app.post(
    '/login',
    web.handler(async (request, response) => {
      await login(request, subjectOf(request))
      answer(response, request.session.subject)
    }),
  )
  app.post(
    '/token',
    web.handler(async (request, response) => {
      await login(request, subjectOf(request))
      response.json(await request.session.issueTokens())
    }),
  )
  app.get('/untouched', (_request, response) => answer(response, 'nobody'))
  app.get('/me', web.requireAuth(), (request, response) => {
    answer(response, request.session.subject)
  })
  app.get('/write', web.requireAuth(), (request, response) => {
    request.session.set('n', Number(request.query.n ?? 1))
    answer(response, request.session.subject)
  })
}

async function openStore(kind, redisUrl, isStrict) {
  if (kind.includes('redis')) {
    const { createRedisStore } = await import('sojourn/redis')
    const client = await connect(redisUrl)
    // Apart from each other: nobody's near cache hears of what another server is measured with.
    if (isStrict) return createRedisStore({ client })
    const keyPrefix = kind.endsWith('prepared') ? 'sp:' : 'sn:'
    return createRedisStore({ client, subscriber: await connect(redisUrl), keyPrefix })
  }
  if (kind.includes('sqlite')) {
    const { openSqliteStore } = await import('sojourn/sqlite')
    const folder = mkdtempSync(join(tmpdir(), 'sojourn-bench-'))
    process.on('exit', () => rmSync(folder, { recursive: true, force: true }))
    return openSqliteStore({ file: join(folder, 'sessions.db') })
  }
  return createMemoryStore()
}
