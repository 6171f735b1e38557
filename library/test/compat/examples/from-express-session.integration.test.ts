import { spawn, type ChildProcess } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { freePort, startRedis, waitFor, type RedisServer } from '../../support/redis-server.js'
import { WebClient, type WebAnswer } from '../../support/web.js'
import { startExample, stopExamples, type RunningExample } from './running-example.js'

const FOLDER = fileURLToPath(new URL('../../../../examples/from-express-session/', import.meta.url))
const SECRET = 'Zr4u7x-A%D*G-KaPdSgVkYp3s6v9y-B&E)H'
const ADA = { username: 'ada', password: 'correct horse' }
const BOB = { username: 'bob', password: 'battery staple' }
const MONTH = 30 * 86_400_000

let server: RedisServer
beforeAll(async () => {
  server = await startRedis()
})
afterEach(async () => {
  await stopExamples()
  await server.cli('flushall')
})
afterAll(async () => {
  await server.stop()
})

type Stage = 'before' | 'after' | 'better'

async function start(stage: Stage, environment = {}): Promise<RunningExample> {
  const own = {
    PORT: String(await freePort()),
    REDIS_URL: server.url,
    SESSION_SECRET: SECRET,
    NODE_ENV: 'development',
  }
  return startExample(`from-express-session/${stage}/server.mjs`, { ...own, ...environment })
}

/** One browser, which a load balancer sends now here, now there. */
class Visitor {
  readonly jar = new Map<string, string>()

  at({ newClient }: RunningExample): WebClient {
    const client = newClient()
    Object.assign(client, { jar: this.jar })
    return client
  }

  copy(): Visitor {
    const copy = new Visitor()
    for (const [name, value] of this.jar) copy.jar.set(name, value)
    return copy
  }
}

const json = ({ body }: WebAnswer): any => JSON.parse(body)
const home = async (client: WebClient): Promise<any> => json(await client.get('/'))
const me = async (client: WebClient): Promise<number> => (await client.get('/me')).status
const keys = async (pattern: string): Promise<string[]> =>
  (await server.cli('keys', pattern)).split('\n').filter((key) => key !== '')

/** Of an id, whatever follows the two characters of its bucket. */
const randomPartOf = (id: string): string => id.split('.').at(-1) ?? ''

/** Keys and all that they hold, as text. */
async function everythingAt(pattern: string): Promise<string> {
  const texts = (await keys(pattern)).map(async (key) => {
    const isHash = (await server.cli('type', key)) === 'hash'
    const read = isHash ? ['hgetall', key] : ['zrange', key, '0', '-1']
    return `${key}\n${await server.cli(...read)}`
  })
  return (await Promise.all(texts)).join('\n')
}

describe('before and after', () => {
  it('differ in two imports', () => {
    const names = readdirSync(`${FOLDER}before`)
    expect(readdirSync(`${FOLDER}after`)).toEqual(names)
    const differences = names.flatMap((name) => {
      const [before, after] = ['before', 'after'].map((stage) =>
        readFileSync(`${FOLDER}${stage}/${name}`, 'utf8').split('\n'),
      ) as [string[], string[]]
      expect(after).toHaveLength(before.length)
      return before.flatMap((line, index) => (line === after[index] ? [] : [[line, after[index]]]))
    })
    expect(differences).toEqual([
      ["import session from 'express-session'", "import session from 'sojourn/express-session'"],
      [
        "import { RedisStore } from 'connect-redis'",
        "import { RedisStore } from 'sojourn/connect-redis'",
      ],
    ])
  })

  it('serve one browser in turn: cart, sign-in, flash message, sign-out', async () => {
    const [before, after] = await Promise.all([start('before'), start('after')])
    const ada = new Visitor()
    await ada.at(before).post('/cart', { item: 'tea' })
    await ada.at(after).post('/cart', { item: 'cup' })
    await ada.at(before).post('/cart', { item: 'pot' })
    expect(await home(ada.at(after))).toEqual({
      user: null,
      cart: ['tea', 'cup', 'pot'],
      messages: ['In your cart: tea', 'In your cart: cup', 'In your cart: pot'],
    })
    // Seen there is seen here.
    expect((await home(ada.at(before))).messages).toEqual([])

    const guest = ada.copy()
    expect((await ada.at(after).post('/login', ADA)).status).toBe(200)
    expect(ada.jar.get('connect.sid')).not.toBe(guest.jar.get('connect.sid'))
    expect(await home(ada.at(before))).toEqual({
      user: 'Ada',
      cart: ['tea', 'cup', 'pot'],
      messages: ['Welcome, Ada'],
    })
    expect(await home(ada.at(after))).toMatchObject({ user: 'Ada', messages: [] })
    expect([await me(guest.at(before)), await me(guest.at(after))]).toEqual([401, 401])
    for (const [here, there] of [
      [before, after],
      [after, before],
    ] as const) {
      await ada.at(here).post('/login', ADA)
      expect([await me(ada.at(here)), await me(ada.at(there))]).toEqual([200, 200])
      const copy = ada.copy()
      expect((await ada.at(here).post('/logout')).status).toBe(200)
      expect([await me(copy.at(there)), await me(copy.at(here))]).toEqual([401, 401])
    }
  })

  it('keep who asked to be remembered for a month, on either', async () => {
    const [before, after] = await Promise.all([start('before'), start('after')])
    for (const [here, there] of [
      [before, after],
      [after, before],
    ] as const) {
      const ada = new Visitor()
      const answer = await ada.at(here).post('/login', { ...ADA, remember: true })
      const [, expires = ''] = /Expires=([^;]+)/.exec(answer.cookies[0] ?? '') ?? []
      expect(Math.abs(Date.parse(expires) - Date.now() - MONTH)).toBeLessThan(5000)
      // What is read or written elsewhere does not make it shorter.
      expect(await me(ada.at(there))).toBe(200)
      await ada.at(there).post('/cart', { item: 'tea' })
      const ttls = await Promise.all(
        (await keys('shop:*')).map(async (key) => Number(await server.cli('pttl', key))),
      )
      expect(ttls).toHaveLength(1)
      expect(Math.abs((ttls[0] ?? 0) - MONTH)).toBeLessThan(180_000)
      await server.cli('flushall')
    }
  })

  it('sign nobody out on the way there and on the way back', async () => {
    let before = await start('before')
    const visitors = Array.from({ length: 20 }, () => new Visitor())
    for (const [index, visitor] of visitors.entries()) {
      await visitor.at(before).post('/cart', { item: `thing ${String(index)}` })
      await visitor.at(before).post('/login', index % 2 === 0 ? ADA : BOB)
    }
    const expectAll = async (node: RunningExample): Promise<void> => {
      for (const [index, visitor] of visitors.entries()) {
        expect(await home(visitor.at(node))).toMatchObject({
          user: index % 2 === 0 ? 'Ada' : 'Bob',
          cart: [`thing ${String(index)}`],
        })
      }
    }
    const after = await start('after')
    await expectAll(after)
    await before.stop()
    await expectAll(after)
    const newcomer = new Visitor()
    await newcomer.at(after).post('/login', ADA)
    visitors[0]?.jar.clear()
    await visitors[0]?.at(after).post('/cart', { item: 'thing 0' })
    await visitors[0]?.at(after).post('/login', ADA)

    await after.stop()
    before = await start('before')
    await expectAll(before)
    expect(await me(newcomer.at(before))).toBe(200)
  })

  it.each([
    ['before', 'signed in again', [200, false]],
    ['after', 'signed out', [401, true]],
    ['better', 'signed out', [401, true]],
  ] as const)('who signs out while a payment is under way is, %s: %s', async (stage, _, wanted) => {
    const node = await start(stage)
    const ada = new Visitor()
    await ada.at(node).post('/login', ADA)
    const paying = ada.copy().at(node).post('/checkout')
    await new Promise((resolve) => setTimeout(resolve, 100))
    const leaving = await ada.copy().at(node).post('/logout')
    expect(leaving.status).toBe(200)
    const paid = await paying
    expect(paid.status).toBe(200)
    const isCleared = leaving.cookies.some((line) => line.startsWith('connect.sid=;'))
    expect([await me(ada.at(node)), isCleared]).toEqual(wanted)
  })
})

describe('better', () => {
  const devices = async (client: WebClient): Promise<any[]> => json(await client.get('/devices'))

  it('lists devices, ends one of them or all, and says why', async () => {
    const better = await start('better')
    const [laptop, phone, bob] = [new Visitor(), new Visitor(), new Visitor()]
    await laptop.at(better).post('/cart', { item: 'tea' })
    await laptop.at(better).post('/login', ADA)
    await phone.at(better).post('/login', { ...ADA, remember: true })
    await bob.at(better).post('/login', BOB)
    expect(await home(laptop.at(better))).toMatchObject({ user: 'Ada', cart: ['tea'] })

    const list = await devices(laptop.at(better))
    expect(list.map(({ subject }) => subject)).toEqual(['ada', 'ada'])
    expect(list.filter(({ isThisOne }) => isThisOne)).toHaveLength(1)
    const other = list.find(({ isThisOne }) => !isThisOne)
    expect(other.expiresAt - Date.now()).toBeGreaterThan(MONTH)
    // Nothing in the list opens anything.
    for (const { id } of list) {
      for (const visitor of [laptop, phone]) {
        expect(decodeURIComponent(visitor.jar.get('connect.sid') ?? '')).not.toContain(id)
      }
    }
    expect((await bob.at(better).post(`/devices/${other.id}/end`)).status).toBe(404)
    expect(await me(phone.at(better))).toBe(200)
    expect(json(await laptop.at(better).post(`/devices/${other.id}/end`))).toEqual({ ended: true })
    const ended = await phone.at(better).get('/me')
    expect([ended.status, json(ended).reason]).toEqual([401, 'logged_out_elsewhere'])

    await phone.at(better).post('/login', ADA)
    const copy = laptop.copy()
    const all = await laptop.at(better).post('/logout-everywhere')
    expect(json(all)).toEqual({ ended: 2 })
    expect(all.cookies[0]).toMatch(/^connect\.sid=; .*Expires=Thu, 01 Jan 1970/)
    for (const visitor of [copy, phone]) {
      expect(json(await visitor.at(better).get('/me')).reason).toBe('logged_out_elsewhere')
    }
    expect(await me(bob.at(better))).toBe(200)
  })

  it('remembers for a month who asked for it', async () => {
    const better = await start('better')
    const ada = new Visitor()
    const answer = await ada.at(better).post('/login', { ...ADA, remember: true })
    const [, expires = ''] = /Expires=([^;]+)/.exec(answer.cookies[0] ?? '') ?? []
    expect(Math.abs(Date.parse(expires) - Date.now() - MONTH)).toBeLessThan(5000)
  })

  it('takes over who signed in before, when they come by', async () => {
    const [before, better] = await Promise.all([start('before'), start('better')])
    const ada = new Visitor()
    await ada.at(before).post('/cart', { item: 'tea' })
    await ada.at(before).post('/login', ADA)
    expect(json(await better.newClient().get('/migration')).adopted).toBe(0)
    expect(await me(ada.at(better))).toBe(200)
    expect(json(await better.newClient().get('/migration')).adopted).toBe(1)
    expect(await home(ada.at(better))).toMatchObject({ user: 'Ada', cart: ['tea'] })
    expect(await devices(ada.at(better))).toHaveLength(1)
    // A node of before still serves it.
    expect(await home(ada.at(before))).toMatchObject({ user: 'Ada', cart: ['tea'] })
    await ada.at(before).post('/cart', { item: 'cup' })
    expect(await home(ada.at(better))).toMatchObject({ cart: ['tea', 'cup'] })
    // And what ends everywhere ends there, too.
    const copy = ada.copy()
    await ada.at(better).post('/logout-everywhere')
    expect(await me(copy.at(before))).toBe(401)
  })

  it('finishes: records of before are taken over one by one and removed; what was mirrored expires by itself', async () => {
    const before = await start('before')
    const visitors = Array.from({ length: 12 }, () => new Visitor())
    for (const visitor of visitors) await visitor.at(before).post('/login', ADA)
    const idOf = ({ jar }: Visitor): string => {
      const cookie = decodeURIComponent(jar.get('connect.sid') ?? '')
      return cookie.slice('s:'.length, cookie.lastIndexOf('.'))
    }
    const early = visitors.slice(0, 6)
    const mirroring = await start('better')
    for (const visitor of early) expect(await me(visitor.at(mirroring))).toBe(200)
    expect((await keys('shop:*')).sort()).toEqual(visitors.map((one) => `shop:${idOf(one)}`).sort())
    await before.stop()
    await mirroring.stop()

    const adopting = await start('better', { LEGACY: 'adopt' })
    for (const visitor of visitors) expect(await me(visitor.at(adopting))).toBe(200)
    expect(json(await adopting.newClient().get('/migration')).adopted).toBe(6)
    const left = await keys('shop:*')
    expect(early.map((one) => `shop:${idOf(one)}`)).toEqual(expect.arrayContaining(left))
    for (const key of left) expect(Number(await server.cli('pttl', key))).toBeLessThan(MONTH)
    for (const visitor of visitors) {
      await visitor.at(adopting).post('/cart', { item: 'tea' })
      const before = idOf(visitor)
      expect(await home(visitor.at(adopting))).toMatchObject({ user: 'Ada', cart: ['tea'] })
      expect(idOf(visitor)).not.toBe(before)
    }
    const list = await devices(visitors[0]?.at(adopting) as WebClient)
    expect(list).toHaveLength(12)
    // Nothing of what presents a session rests in the records that count now.
    const atRest = await everythingAt('sj:*')
    for (const { id } of list) expect(atRest).toContain(randomPartOf(id))
    for (const visitor of visitors) {
      const secret = randomPartOf(idOf(visitor))
      expect(secret.length).toBeGreaterThan(30)
      expect(atRest).not.toContain(secret)
    }
  })
})

describe('the guide', () => {
  const ROOT = join(FOLDER, '../..')
  const GUIDE = join(ROOT, 'docs/guide/from-express-session.md')
  const guide = readFileSync(GUIDE, 'utf8')
  const folder = mkdtempSync(join(tmpdir(), 'sojourn-guide-'))
  let child: ChildProcess | undefined
  afterAll(() => {
    child?.kill('SIGKILL')
    rmSync(folder, { recursive: true, force: true })
  })

  it('has a program that runs as it stands', async () => {
    const [program = ''] = [...guide.matchAll(/^```js\n(.*?)^```$/gms)]
      .map(([, code = '']) => code)
      .filter((code) => code.includes('app.listen'))
    symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'))
    writeFileSync(join(folder, 'guide.mjs'), program)
    const port = await freePort()
    const own = { PORT: String(port), SESSION_SECRET: SECRET, SESSION_FILE: join(folder, 's.db') }
    const running = spawn(process.execPath, ['guide.mjs'], {
      cwd: folder,
      env: { PATH: process.env['PATH'], ...own },
      stdio: ['ignore', 'ignore', 'inherit'],
    })
    child = running
    const visit = (): WebClient => new WebClient({ port })
    await waitFor('the program of the guide', async () => {
      if (running.exitCode !== null) throw new Error('it ended at once')
      return visit()
        .get('/devices')
        .then(
          () => true,
          () => false,
        )
    })
    const [laptop, phone] = [visit(), visit()]
    expect(await home(laptop)).toEqual({ user: null, views: 1 })
    expect(json(await laptop.post('/login'))).toEqual({ user: 'ada' })
    expect(await home(laptop)).toEqual({ user: 'ada', views: 2 })
    await phone.post('/login')
    expect(json(await laptop.get('/devices'))).toHaveLength(2)
    expect(json(await phone.post('/logout-everywhere'))).toEqual({ ended: 2 })
    expect(await home(laptop)).toEqual({ user: null, views: 1, reason: 'revoked_admin' })
    const out = await laptop.post('/logout')
    expect(out.cookies[0]).toMatch(/^connect\.sid=; .*Expires=Thu, 01 Jan 1970/)
  })

  it.each([GUIDE, join(FOLDER, 'README.md'), join(FOLDER, '../session-recipe/README.md')])(
    '%s links only to what is there',
    (file) => {
      const text = readFileSync(file, 'utf8')
      const links = [...text.matchAll(/\]\(([^)#\s]+)\)/g)].map(([, link = '']) => link)
      expect(links.length).toBeGreaterThan(0)
      for (const link of links) {
        expect([link, existsSync(join(dirname(file), link))]).toEqual([link, true])
      }
    },
  )
})
