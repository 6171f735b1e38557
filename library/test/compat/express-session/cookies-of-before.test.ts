/** What becomes of cookies: those of earlier configurations, and that of a session which is over. */
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { keepSessions } from '../../../src/compat/kept/index.js'
import session from '../../../src/compat/express-session/index.js'
import { StoreUnavailable } from '../../../src/errors.js'
import { createMemoryStore } from '../../../src/store/memory.js'
import type { Store } from '../../../src/store/store.js'

const servers: http.Server[] = []
afterEach(() => {
  for (const server of servers.splice(0)) server.close()
})

type Deed = (request: any, response: http.ServerResponse) => unknown

interface Answer {
  readonly status: number
  readonly body: string
  readonly cookies: readonly string[]
}

/** An application that keeps its sessions in `port`; each setting of cookies is a release of it. */
async function release(port: Store, options: object) {
  const middleware: any = session({
    secret: 'a secret of this test',
    resave: false,
    saveUninitialized: false,
    store: keepSessions({ store: port }),
    ...options,
  })
  let deed: Deed = () => undefined
  const server = http.createServer((request, response) => {
    middleware(request, response, async () => {
      await deed(request, response)
      if (!response.writableEnded) response.end(String((request as any).session?.user ?? 'nobody'))
    })
  })
  servers.push(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port: at } = server.address() as AddressInfo
  return async (cookie = '', what: Deed = () => undefined): Promise<Answer> => {
    deed = what
    const answer = await fetch(`http://127.0.0.1:${at}/`, { headers: cookie ? { cookie } : {} })
    const { status, headers } = answer
    return { status, body: await answer.text(), cookies: headers.getSetCookie() }
  }
}

const signIn: Deed = ({ session: own }) => {
  own.user = 'ada'
}
const pairOf = (line = ''): string => line.split(';')[0] ?? ''
const attributesOf = (line = ''): string => line.split('; ').slice(1).sort().join('; ')
const DELETED = 'Expires=Thu, 01 Jan 1970 00:00:00 GMT'

describe('cookies of earlier configurations', () => {
  it('behaviour 21b: on the drop-in, another name keeps people in, and the old cookie goes', async () => {
    const port = createMemoryStore()
    const before = await release(port, {})
    const after = await release(port, {
      name: '__Host-app',
      previousCookies: [{ name: 'connect.sid' }],
    })
    const old = pairOf((await before('', signIn)).cookies[0])
    const first = await after(old)
    expect(first.body).toBe('ada')
    expect(first.cookies.map(pairOf)).toEqual([
      'connect.sid=',
      old.replace('connect.sid=', '__Host-app='),
    ])
    expect(attributesOf(first.cookies[0])).toBe(`${DELETED}; HttpOnly; Path=/`)
    // One extra line once, and no more.
    const second = await after(pairOf(first.cookies[1]))
    expect([second.body, second.cookies]).toEqual(['ada', []])
  })

  it('behaviour 21b: on the drop-in, a Domain that was given up keeps people in', async () => {
    const port = createMemoryStore()
    const before = await release(port, { cookie: { domain: '.example.com' } })
    const after = await release(port, { previousCookies: [{ domain: '.example.com' }] })
    const old = pairOf((await before('', signIn)).cookies[0])
    expect(await after(old)).toMatchObject({ body: 'ada' })
  })

  it('behaviour 21a: on the drop-in, of two cookies of one name the one that verifies wins, and the other is deleted where it was set', async () => {
    const port = createMemoryStore()
    const before = await release(port, { cookie: { domain: '.example.com', path: '/' } })
    const after = await release(port, {
      previousCookies: [{ domain: '.example.com' }, { path: '/app' }],
    })
    const good = pairOf((await before('', signIn)).cookies[0])
    const foreign = 'connect.sid=s%3Asomebody.else'
    for (const both of [`${foreign}; ${good}`, `${good}; ${foreign}`]) {
      const answer = await after(both)
      expect(answer.body).toBe('ada')
      expect(answer.cookies.map(attributesOf)).toEqual([
        `Domain=.example.com; ${DELETED}; HttpOnly; Path=/`,
        `${DELETED}; HttpOnly; Path=/app`,
        'HttpOnly; Path=/',
      ])
      // Nobody knows which of the two was set where: the good one is set anew where it belongs.
      expect(answer.cookies.map(pairOf)).toEqual(['connect.sid=', 'connect.sid=', good])
    }
    // With one left, nothing is said any more.
    expect(await after(good)).toEqual({ status: 200, body: 'ada', cookies: [] })
  })

  it('a sign-out deletes the present cookie, and those of before that came along', async () => {
    const port = createMemoryStore()
    const ask = await release(port, {
      previousCookies: [{ name: 'older' }, { name: 'oldest' }],
    })
    const own = pairOf((await ask('', signIn)).cookies[0])
    const answer = await ask(`${own}; older=x`, ({ session: mine }) => mine.destroy())
    expect(answer.cookies.map(pairOf)).toEqual(['older=', 'connect.sid='])
    expect(attributesOf(answer.cookies[1])).toBe(`${DELETED}; HttpOnly; Path=/`)
    expect(await ask(own)).toMatchObject({ body: 'nobody' })
  })

  it('the old way, where it is wanted: the cookie stays', async () => {
    const ask = await release(createMemoryStore(), { clearCookie: false })
    const own = pairOf((await ask('', signIn)).cookies[0])
    const answer = await ask(own, ({ session: mine }) => mine.destroy())
    expect(answer.cookies).toEqual([])
  })
})

describe('a store that reads and does not write', () => {
  async function scene() {
    const port = createMemoryStore()
    const state = { isBroken: false }
    const refuse = async (): Promise<never> => {
      throw new StoreUnavailable('no write gets through')
    }
    const store = new Proxy(port, {
      get(target, name) {
        const verb: unknown = Reflect.get(target, name)
        if (state.isBroken && ['create', 'change', 'end'].includes(String(name))) return refuse
        return typeof verb === 'function' ? verb.bind(target) : verb
      },
    })
    const ask = await release(store, {})
    const own = pairOf((await ask('', signIn)).cookies[0])
    state.isBroken = true
    return { ask, own }
  }

  it('a sign-out that failed touches no cookie', async () => {
    const { ask, own } = await scene()
    const answer = await ask(own, async ({ session: mine }, response) => {
      const told = await mine.destroy().catch((error: { code: string }) => error.code)
      response.statusCode = 500
      response.end(`Failed: ${told}`)
    })
    expect(answer).toEqual({ status: 500, body: 'Failed: store_unavailable', cookies: [] })
  })

  it('what the application says of a failure is what the client gets', async () => {
    const { ask, own } = await scene()
    const answer = await ask(own, ({ session: mine }, response) => {
      mine.user = 'grace'
      response.statusCode = 500
      response.end('We are sorry')
    })
    expect(answer).toEqual({ status: 500, body: 'We are sorry', cookies: [] })
  })

  it('an answer that claims success is 503 instead, without a cookie', async () => {
    const { ask } = await scene()
    const answer = await ask('', signIn)
    expect([answer.status, answer.cookies]).toEqual([503, []])
    expect(answer.body).not.toContain('ada')
  })
})
