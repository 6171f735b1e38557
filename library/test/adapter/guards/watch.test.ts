import express from 'express'
import express4 from 'express4'
import { afterEach, describe, expect, it } from 'vitest'
import { createExpressAdapter } from '../../../src/adapter/express.js'
import { createAnomalyGuard, type AnomalyOptions } from '../../../src/guard/anomaly/index.js'
import { createSojourn } from '../../../src/sojourn.js'
import { createMemoryStore } from '../../../src/store/memory.js'
import { SECRET } from '../../support/sojourn.js'
import { listen, WebClient, type RunningServer } from '../../support/web.js'

const FIREFOX = 'Mozilla/5.0 (Windows NT 10.0; rv:144.0) Gecko/20100101 Firefox/144.0'
const CHROME =
  'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36'

const running: RunningServer[] = []
afterEach(async () => {
  await Promise.all(running.splice(0).map((server) => server.close()))
})

async function start(
  options: AnomalyOptions,
  create = express,
  { isMade = false, isCached = false } = {},
) {
  const store = createMemoryStore()
  const sojourn = createSojourn({
    secrets: SECRET,
    trustProxy: ['loopback'],
    store,
    ...(isCached ? {} : { cache: false }),
  })
  const web = createExpressAdapter(sojourn)
  const app = create()
  app.use(web.sessions)
  app.use(web.watch(isMade ? createAnomalyGuard(sojourn, options) : options))
  app.post(
    '/sign-in',
    web.handler(async (request, response) => {
      await request.session.signIn('alice')
      response.json({})
    }),
  )
  app.post(
    '/elevate',
    web.requireSession({ mayBePending: true }),
    web.handler(async (request, response) => {
      await request.session.elevate()
      response.json({})
    }),
  )
  app.get('/public', (_request, response) => response.json({}))
  app.get('/mine', web.requireSession(), (_request, response) => response.json({}))
  app.post('/transfer', web.requireProof({ action: 'transfer' }), (_request, response) =>
    response.json({}),
  )
  const server = await listen(app)
  running.push(server)
  const client = new WebClient(server)
  const from = (address: string, agent = FIREFOX) => ({
    headers: { 'x-forwarded-for': address, 'user-agent': agent },
  })
  return { sojourn, store, client, from }
}

describe.each([
  ['Express 4', express4],
  ['Express 5', express],
] as const)('web.watch on %s', (_name, create) => {
  it('lets a person through who moves about, and one who is nobody', async () => {
    const { client, from } = await start({}, create)
    expect((await client.get('/public', from('192.0.2.1'))).status).toBe(200)
    expect((await client.get('/mine', from('192.0.2.1'))).status).toBe(401)
    await client.post('/sign-in', {}, from('203.0.113.7'))
    for (const address of ['203.0.113.7', '198.51.100.1', '192.0.2.1']) {
      expect((await client.get('/mine', from(address))).status).toBe(200)
    }
  })

  it('after step-up asks for a proof on every guarded route, and takes it where it is given', async () => {
    const { client, from } = await start({ answers: { low: 'step-up' } }, create)
    await client.post('/sign-in', {}, from('203.0.113.7'))
    const moved = from('198.51.100.1')
    const refused = await client.get('/mine', moved)
    expect([refused.status, JSON.parse(refused.body)]).toMatchObject([
      401,
      { code: 'reauthentication_required' },
    ])
    expect(refused.headers['www-authenticate']).toContain('insufficient_user_authentication')
    expect((await client.get('/public', moved)).status).toBe(200)
    expect((await client.get('/mine', from('203.0.113.7'))).status).toBe(401)
    expect((await client.post('/elevate', {}, moved)).status).toBe(200)
    expect((await client.get('/mine', moved)).status).toBe(200)
  })

  it('after revoke answers 401 with the reason, and takes the cookie away', async () => {
    const { client, from } = await start({ answers: { medium: 'revoke' } }, create, {
      isMade: true,
    })
    await client.post('/sign-in', {}, from('203.0.113.7'))
    const stolen = client.cookie
    const refused = await client.get('/mine', from('198.51.100.1', CHROME))
    expect(refused.status).toBe(401)
    expect(JSON.parse(refused.body)).toMatchObject({ code: 'session_ended', reason: 'anomaly' })
    expect(client.cookie).toBe('')
    const home = from('203.0.113.7')
    const again = await client.get('/mine', { headers: { ...home.headers, cookie: stolen } })
    expect([again.status, JSON.parse(again.body)]).toMatchObject([401, { reason: 'anomaly' }])
  })

  it('S3-66: refuses a session that is bound to its address from another one', async () => {
    const { client, from } = await start({ binding: 'address' }, create)
    await client.post('/sign-in', {}, from('203.0.113.7'))
    expect((await client.get('/mine', from('203.0.113.7'))).status).toBe(200)
    const refused = await client.get('/mine', from('203.0.113.8'))
    expect([refused.status, JSON.parse(refused.body)]).toMatchObject([
      401,
      { code: 'binding_mismatch', detail: 'Token IP binding mismatch' },
    ])
    // Whoever comes from there is nobody, and can sign in for themselves.
    expect((await client.get('/public', from('203.0.113.8'))).status).toBe(200)
    await client.post('/sign-in', {}, from('203.0.113.8'))
    expect((await client.get('/mine', from('203.0.113.8'))).status).toBe(200)
  })

  it('ASVS 6.5.1: lets one act through for each proof', async () => {
    const { client, from } = await start({}, create)
    const home = from('203.0.113.7')
    expect((await client.post('/transfer', {}, home)).status).toBe(401)
    await client.post('/sign-in', {}, home)
    const statuses = []
    for (let act = 0; act < 2; act += 1) {
      statuses.push((await client.post('/transfer', {}, home)).status)
    }
    await client.post('/elevate', {}, home)
    statuses.push((await client.post('/transfer', {}, home)).status)
    expect(statuses).toEqual([200, 401, 200])
  })
})

describe('an act that wants a proof', () => {
  it('asks the store, where another route is content with the near cache', async () => {
    const { client, from, store } = await start({}, express, { isCached: true })
    const home = from('203.0.113.7')
    await client.post('/sign-in', {}, home)
    await client.get('/mine', home)
    let reads = 0
    const { read } = store
    Object.assign(store, { read: async (id: string) => ((reads += 1), read.call(store, id)) })
    await client.get('/mine', home)
    expect(reads).toBe(0)
    expect((await client.post('/transfer', {}, home)).status).toBe(200)
    expect(reads).toBe(1)
  })
})

describe('while the store is away', () => {
  it('watching lets public pages through, and what might have to refuse answers 503', async () => {
    for (const [options, expected] of [
      [{}, [200, 503]],
      [{ binding: 'network' }, [503, 503]],
    ] as const) {
      const { client, from, store } = await start(options)
      await client.post('/sign-in', {}, from('203.0.113.7'))
      Object.assign(store, {
        read: async () => Promise.reject(new Error('away')),
      })
      const [page, mine] = [
        await client.get('/public', from('203.0.113.7')),
        await client.get('/mine', from('203.0.113.7')),
      ]
      expect([page.status, mine.status]).toEqual(expected)
      expect(mine.cookies).toEqual([])
    }
  })
})
