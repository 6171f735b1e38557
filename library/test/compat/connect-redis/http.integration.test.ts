import { RedisStore as Original } from 'connect-redis'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { RedisStore } from '../../../src/compat/connect-redis/index.js'
import { transpile } from '../../../../service/test/support/transpile.js'
import { startRedis, type RedisServer } from '../../support/redis-server.js'
import { WebClient } from '../../support/web.js'
import { MIDDLEWARES, serve, sessionApp, sidOf } from './app.js'
import { closeAll, connect } from './clients.js'

let server: RedisServer
let client: any
beforeAll(async () => {
  server = await startRedis()
  client = await connect('node-redis 6', server.port)
})
afterAll(async () => {
  await closeAll()
  await server.stop()
})

describe('an application with express-session and connect-redis', () => {
  it('S0-18, S1-06: keeps its people when the store is swapped, then the middleware, and back', async () => {
    const [original, own] = MIDDLEWARES.map(({ session }) => session)
    const stages = [
      [original, Original],
      [original, RedisStore],
      [own, RedisStore],
      [own, Original],
      [original, Original],
      [original, RedisStore],
    ] as const
    const nodes = stages.map(([session, Store]) =>
      serve(sessionApp(session as never, new Store({ client })).app),
    )
    const person = new WebClient(await nodes[0]!)
    await person.get('/login')
    const sid = sidOf(person)
    for (const [stage, node] of nodes.entries()) {
      const visitor = new WebClient(await node)
      const answer = await visitor.get('/views', { headers: { cookie: person.cookie } })
      expect(answer.body).toBe(`ann: ${String(stage + 1)}`)
      expect(sidOf(visitor)).toBe(sid)
      const record = JSON.parse((await client.get(`sess:${sid}`)) as string)
      expect(record).toMatchObject({ user: 'ann', views: stage + 1, cookie: { path: '/' } })
      // Beside a record of ours, this one is kept two minutes longer: ours decides.
      const isUpgraded = stages[stage]?.[0] === own && stages[stage]?.[1] === RedisStore
      expect(await client.ttl(`sess:${sid}`)).toBeOneOf(isUpgraded ? [179, 180] : [59, 60])
      expect(await client.keys('sess:*')).toEqual([`sess:${sid}`])
    }
    const last = new WebClient(await nodes[1]!)
    await last.get('/logout', { headers: { cookie: person.cookie } })
    for (const node of nodes) {
      const visitor = new WebClient(await node)
      expect((await visitor.get('/me', { headers: { cookie: person.cookie } })).body).toBe('nobody')
    }
    expect(await client.keys('sess:*')).toEqual([])
  })
})

describe.each(MIDDLEWARES)('under $name', ({ session }) => {
  it('a record that is no session is nobody, and stays for whoever looks into it', async () => {
    const store = new RedisStore({ client, prefix: 'bad:', upgrade: false })
    const web = await serve(sessionApp(session, store).app)
    const records = ['{"cookie":', '"text"', '7', '[1]', 'null', '{"user":"ann"}', 'a list']
    for (const [index, record] of records.entries()) {
      const person = new WebClient(web)
      await person.get('/login')
      const key = `bad:${sidOf(person)}`
      await client.del(key)
      if (record === 'a list') await client.lPush(key, 'x')
      else await client.set(key, record, { EX: 60 })
      const answer = await person.get('/me')
      expect([answer.status, answer.body]).toEqual([200, 'nobody'])
      expect(store.counts.corrupt).toBe(index + 1)
      if (record === 'a list') expect(await client.type(key)).toBe('list')
      else expect(await client.get(key)).toBe(record)
    }
  })
})

/** All of library/src as JavaScript: what an application requires. */
function built(): string {
  return join(transpile('library/src'), 'library/src/compat/connect-redis/index.js')
}

describe('a CommonJS application', () => {
  it('S2-02, S2-03: runs the snippet with the one import swapped, before the client is connected', async () => {
    const path = built()
    const app = join(path, '..', 'app.cjs')
    writeFileSync(
      app,
      `
const express = require('express')
const session = require('express-session')
const RedisStore = require(${JSON.stringify(path)}).default
const { createClient } = require('redis')

const redisClient = createClient({ url: ${JSON.stringify(server.url)} })
redisClient.connect().catch(console.error)

const store = new RedisStore({ client: redisClient, prefix: 'myapp:' })
const early = store.set('early', { cookie: {} }).then(() => store.get('early'))
const app = express()
app.use(session({ store, secret: 'x'.repeat(32), resave: false, saveUninitialized: false,
  cookie: { httpOnly: true, maxAge: 24 * 60 * 60 * 1000, sameSite: 'lax' } }))
app.get('/', (req, res) => {
  req.session.views = (req.session.views || 0) + 1
  res.send('Views: ' + req.session.views)
})
const web = app.listen(0, async () => {
  const loaded = require(${JSON.stringify(path)})
  const imported = await import(${JSON.stringify(pathToFileURL(path).href)})
  process.stdout.write(JSON.stringify({
    port: web.address().port,
    early: await early,
    shapes: [loaded, loaded.default, loaded.RedisStore, imported.default, imported.RedisStore,
      loaded(session).default].map((each) => typeof each + ' ' + each.name),
    same: [loaded.default, loaded.RedisStore, imported.default, imported.RedisStore]
      .every((each) => each === loaded),
    old: new (loaded(session))({ client: redisClient }) instanceof loaded,
  }) + '\\n')
})
`,
    )
    const child = spawn(process.execPath, [app], { stdio: ['ignore', 'pipe', 'inherit'] })
    onTestFinished(() => void child.kill())
    const [line] = await once(child.stdout, 'data')
    const { port, ...told } = JSON.parse(String(line))
    expect(told).toEqual({
      early: { cookie: {} },
      shapes: Array.from({ length: 6 }, () => 'function RedisStore'),
      same: true,
      old: true,
    })
    const person = new WebClient({ port })
    expect((await person.get('/')).body).toBe('Views: 1')
    expect((await person.get('/')).body).toBe('Views: 2')
    const keys = await client.keys('myapp:*')
    expect(keys.toSorted()).toEqual(['myapp:early', `myapp:${sidOf(person)}`].toSorted())
  })
})
