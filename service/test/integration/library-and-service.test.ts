/** A library application and the service over one store: each serves the other's sessions, while both run. */
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createClient } from 'redis'
import express from 'express'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createExpressAdapter } from '../../../library/src/adapter/express.js'
import type { Session } from '../../../library/src/session/session.js'
import { createRedisStore } from '../../../library/src/store/redis/index.js'
import { startRedis, type RedisServer } from '../../../library/test/support/redis-server.js'
import { createApp } from '../../src/app.js'
import { loadConfig } from '../../src/config/load.js'
import { listen } from '../../src/listen.js'
import { createLogger } from '../../src/log/index.js'
import { openParts } from '../../src/open-parts.js'
import { openSessionStore } from '../../src/session-store.js'
import { openDesk } from '../unit/cli/desk.js'
import { run, shell } from '../unit/cli/support.js'

let redis: RedisServer

beforeAll(async () => {
  redis = await startRedis()
})

afterAll(async () => redis.stop())

const closers: (() => Promise<unknown>)[] = []

afterAll(async () => {
  for (const close of closers.reverse()) await close()
})

/** The service in this process, by its own configuration. */
async function startService(environment: Record<string, string | undefined>): Promise<string> {
  const config = loadConfig(environment)
  const log = createLogger({ level: 'silent' })
  const { parts, close } = await openParts(config, log, await openSessionStore(config, log))
  const { servers, url } = await listen(createApp(parts), parts)
  closers.push(close, async () => stop(servers[0] as Server))
  return url
}

async function stop(server: Server): Promise<void> {
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
}

/** Types of several sessions meet in one program of tests. */
const sessionOf = (request: unknown): Session<any> => (request as { session: Session<any> }).session

/** An application with the library, on its own handle on the same store. */
async function startLibrary(
  terminal: ReturnType<typeof shell>,
  kind: string,
): Promise<{ url: string; desk: Awaited<ReturnType<typeof openDesk>> }> {
  const client = kind === 'Redis' ? createClient({ url: redis.url }) : undefined
  await client?.connect()
  if (client !== undefined) closers.push(async () => client.close())
  const store = client && createRedisStore({ client, keyPrefix: 'sojourn:' })
  const desk = await openDesk(terminal, store)
  const web = createExpressAdapter(desk.sojourn)
  const app = express()
  app.use(web.sessions)
  app.post('/enter', async (request, response) => {
    await sessionOf(request).signIn(new URL(request.url, 'http://x').searchParams.get('as') ?? '')
    const { accessToken, refreshToken } = await sessionOf(request).issueTokens()
    response.json({ accessToken, refreshToken })
  })
  app.get('/me', web.requireAuth(), async (request, response) => {
    response.json({
      subject: sessionOf(request).subject,
      views: await sessionOf(request).get('views'),
    })
  })
  app.post('/views', web.requireAuth(), (request, response) => {
    sessionOf(request).set('views', 41)
    response.json({})
  })
  app.post('/leave', async (request, response) => {
    await sessionOf(request).signOut()
    response.json({})
  })
  const server = createServer(app)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  closers.push(
    async () => desk.close(),
    async () => stop(server),
  )
  return { url: `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`, desk }
}

interface Said {
  readonly status: number
  readonly cookie: string
  readonly body: any
}

async function ask(
  url: string,
  facts: { cookie?: string; bearer?: string; json?: object; method?: string } = {},
): Promise<Said> {
  const { cookie, bearer, json, method = json === undefined ? 'GET' : 'POST' } = facts
  const response = await fetch(url, {
    method,
    headers: {
      Accept: 'application/json',
      ...(cookie === undefined ? {} : { Cookie: cookie }),
      ...(bearer === undefined ? {} : { Authorization: `Bearer ${bearer}` }),
      ...(json === undefined ? {} : { 'Content-Type': 'application/json' }),
    },
    ...(json === undefined ? {} : { body: JSON.stringify(json) }),
  })
  const set = response.headers.getSetCookie().map((line) => line.split(';')[0] ?? '')
  const text = await response.text()
  return {
    status: response.status,
    cookie: set.join('; '),
    body: text === '' ? {} : JSON.parse(text),
  }
}

describe.each(['SQLite', 'Redis'])('on %s', (kind) => {
  it('behaviour 41a: sessions and tokens of a library application are served by the service and the other way round, live, and what one writes or ends holds for the other', async () => {
    const terminal = shell({
      ...{ NODE_ENV: 'test', PUBLIC_URL: undefined, TRUST_PROXY: undefined, PORT: '0' },
      ...(kind === 'Redis' ? { REDIS_URL: redis.url } : {}),
    })
    const service = await startService(terminal.environment)
    const { url: library, desk } = await startLibrary(terminal, kind)

    // Made by the service, presented to the library.
    const person = { username: `ada${kind}`, password: 'a long enough password' }
    const registered = await ask(`${service}/register`, { json: person })
    expect(registered.status).toBe(201)
    const { user, tokens } = registered.body
    const { cookie } = registered
    expect((await ask(`${library}/me`, { cookie })).body).toMatchObject({ subject: user.id })
    expect((await ask(`${library}/me`, { bearer: tokens.accessToken })).body).toMatchObject({
      subject: user.id,
    })
    await ask(`${library}/views`, { cookie, json: {} })
    expect((await ask(`${service}/session`, { cookie })).body.data).toMatchObject({ views: 41 })
    const swapped = await desk.sojourn.tokens.refresh(tokens.refreshToken)
    expect(swapped).toMatchObject({ status: 'refreshed', subject: user.id })

    // Made by the library, presented to the service: the same person, on one more device.
    const entered = await ask(`${library}/enter?as=${user.id}`, { json: {} })
    const { accessToken, refreshToken } = entered.body
    const session = await ask(`${service}/session`, { cookie: entered.cookie })
    expect(session.body).toMatchObject({ subject: user.id })
    expect((await ask(`${service}/profile`, { bearer: accessToken })).status).toBe(200)
    const devices = await ask(`${service}/sessions`, { cookie })
    expect(devices.body.sessions ?? devices.body).toHaveLength(2)
    const refreshed = await ask(`${service}/refresh`, { json: { refreshToken } })
    expect(refreshed.status).toBe(200)

    // What is kept of the person can be taken out, whoever made it.
    let exported = ''
    const to = {
      ...QUIET,
      environment: () => terminal.environment,
      write: (text: string) => void (exported += text),
    }
    expect(await run(['export', '--subject', user.id], to)).toBe(0)
    const ids = JSON.parse(exported).sessions.map(({ id }: { id: string }) => id)
    expect(ids.sort()).toEqual(
      [session.body.id, (await ask(`${service}/session`, { cookie })).body.id].sort(),
    )

    // Ended by the service, over for the library; ended by the library, over for the service.
    expect((await ask(`${service}/logout`, { cookie, json: {} })).status).toBe(200)
    const atLibrary = await ask(`${library}/me`, { cookie })
    expect([atLibrary.status, atLibrary.body.reason]).toEqual([401, 'logged_out'])
    await ask(`${library}/leave`, { cookie: entered.cookie, json: {} })
    await expect
      .poll(async () => (await ask(`${service}/session`, { cookie: entered.cookie })).status, {
        timeout: 15_000,
      })
      .toBe(401)
    expect(
      (await ask(`${service}/refresh`, { json: { refreshToken: refreshed.body.refreshToken } }))
        .status,
    ).toBe(400)
  })
})

const QUIET = { writeError: () => undefined, readInput: async () => '', columns: undefined }
