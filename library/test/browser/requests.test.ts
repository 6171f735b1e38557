/** What the client does with requests: refreshing once, repeating once, and keeping out of what is none of its business. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { ClientError } from '../../src/browser/index.js'
import { MadeUpService, madeUpBrowser, ORIGIN, problem } from './support/made-up-browser.js'

let service: MadeUpService
let browser: ReturnType<typeof madeUpBrowser>
const CHALLENGE = 'Cookie realm="sojourn"'

beforeEach(() => {
  vi.useFakeTimers()
  service = new MadeUpService()
  service.signIn()
  browser = madeUpBrowser(service)
})
afterEach(() => {
  browser.close()
  vi.useRealTimers()
})

/** Lets everything happen that needs no time, and a little more. */
const settle = (): Promise<unknown> => vi.advanceTimersByTimeAsync(200)

async function settled<Value>(promise: Promise<Value>): Promise<Value> {
  promise.catch(() => undefined)
  await settle()
  return promise
}

describe('a refresh', () => {
  it.each([
    ['Web Locks', {}],
    ['messages alone', { hasLocks: false }],
  ])('happens once for eight tabs whose tokens expired, with %s', async (_, has) => {
    browser.close()
    browser = madeUpBrowser(service, has)
    const tabs = Array.from({ length: 8 }, () => browser.open())
    await settle()
    service.isFresh = false
    const answers = await settled(Promise.all(tabs.map(({ client }) => client.fetch('/notes'))))
    expect(answers.map(({ status }) => status)).toEqual(Array(8).fill(200))
    expect(service.count('POST /auth/refresh')).toBe(1)
    expect(service.count('GET /notes')).toBe(16)
    // The next time is another time.
    await vi.advanceTimersByTimeAsync(20_000)
    service.isFresh = false
    await settled(Promise.all(tabs.map(({ client }) => client.fetch('/notes'))))
    expect(service.count('POST /auth/refresh')).toBe(2)
  })

  it('happens once per tab where the browser has neither locks nor messages', async () => {
    browser.close()
    browser = madeUpBrowser(service, { hasLocks: false, hasChannel: false })
    const tab = browser.open()
    await settle()
    service.isFresh = false
    service.instead.set('POST /auth/refresh', async () => {
      await new Promise((resolve) => setTimeout(resolve, 60))
      service.isFresh = true
      return Response.json({})
    })
    const answers = await settled(
      Promise.all([1, 2, 3].map((one) => tab.client.fetch(`/notes/${one}`))),
    )
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200])
    expect(service.count('POST /auth/refresh')).toBe(1)
  })

  it('that is refused is not tried again by the other tabs, and ends the session in each', async () => {
    const tabs = Array.from({ length: 4 }, () => browser.open())
    await settle()
    service.isFresh = false
    service.instead.set('POST /auth/refresh', () => problem(401, 'invalid_grant'))
    const answers = await settled(Promise.all(tabs.map(({ client }) => client.fetch('/notes'))))
    expect(answers.map(({ status }) => status)).toEqual([401, 401, 401, 401])
    expect(service.count('POST /auth/refresh')).toBe(1)
    for (const { told, client } of tabs) {
      expect(told.map(({ name }) => name)).toEqual(['ended'])
      expect(client.state.status).toBe('ended')
    }
    // A guest's 401s cause none.
    await settled(tabs[0]?.client.fetch('/notes') ?? Promise.reject(new Error('no tab')))
    expect(service.count('POST /auth/refresh')).toBe(1)
  })

  it('is followed by one more attempt, whatever comes of it', async () => {
    const { client } = browser.open()
    await settle()
    const expired = () => problem(401, 'token_expired', { challenge: CHALLENGE })
    service.instead.set('GET /notes', expired)
    const answer = await settled(client.fetch('/notes'))
    expect(answer.status).toBe(401)
    expect(service.count('GET /notes')).toBe(2)
    expect(service.count('POST /auth/refresh')).toBe(1)
    expect(client.state.status).toBe('active')
  })

  it('sends the body again, and counts as no activity', async () => {
    const { client } = browser.open()
    await settle()
    service.isFresh = false
    await settled(client.fetch('/notes', { method: 'POST', body: 'a note' }))
    const notes = service.sent.filter(({ path }) => path === '/notes')
    expect(notes.map(({ body }) => body)).toEqual(['a note', 'a note'])
    const refresh = service.sent.find(({ path }) => path === '/auth/refresh')
    expect(refresh?.headers.get('sojourn-passive')).toBe('1')
    expect(notes[1]?.headers.get('sojourn-passive')).toBeNull()
  })

  it.each([503, 500, 502, 429])('answered with %i signs nobody out', async (status) => {
    const { client, told } = browser.open()
    await settle()
    service.isFresh = false
    service.instead.set('POST /auth/refresh', () => problem(status, 'store_unavailable'))
    const answers = await settled(Promise.all([client.fetch('/notes'), client.fetch('/notes')]))
    expect(answers.map((answer) => answer.status)).toEqual([status, status])
    // Each has a body of its own.
    for (const answer of answers) expect(await answer.json()).toMatchObject({ status })
    expect(client.state.status).toBe('active')
    expect(told).toEqual([])
  })

  it('is not waited for by whoever gives up the request', async () => {
    const { client, told } = browser.open()
    await settle()
    service.isFresh = false
    service.instead.set('POST /auth/refresh', () => new Promise(() => undefined))
    const giveUp = new AbortController()
    const answer = client.fetch('/notes', { signal: giveUp.signal })
    answer.catch(() => undefined)
    await settle()
    giveUp.abort(new Error('enough'))
    await expect(answer).rejects.toThrow('enough')
    expect(client.state.status).toBe('active')
    expect(told).toEqual([])
  })

  it('that nobody answers signs nobody out', async () => {
    const { client, told } = browser.open()
    await settle()
    service.isFresh = false
    service.instead.set('POST /auth/refresh', () => Promise.reject(new TypeError('offline')))
    await expect(settled(client.fetch('/notes'))).rejects.toThrow('offline')
    expect(client.state.status).toBe('active')
    expect(told).toEqual([])
    service.instead.clear()
    expect((await settled(client.fetch('/notes'))).status).toBe(200)
  })
})

describe('a 401 of the application itself', () => {
  it.each([
    ['without a challenge', () => problem(401, 'session_missing')],
    ['of another realm', () => problem(401, 'token_expired', { challenge: 'Bearer realm="x"' })],
    ['of another code', () => problem(401, 'credentials_invalid', { challenge: CHALLENGE })],
    ['without a body', () => new Response(null, { status: 401, headers: challenge(CHALLENGE) })],
    [
      'that wants a fresher sign-in',
      () =>
        problem(401, 'reauthentication_required', {
          challenge: `${CHALLENGE}, error="insufficient_user_authentication"`,
        }),
    ],
  ])('%s causes no refresh, no repetition and no sign-out', async (_, refusal) => {
    const { client, told } = browser.open()
    await settle()
    service.instead.set('POST /pay', refusal)
    const answer = await settled(client.fetch('/pay', { method: 'POST' }))
    expect(answer.status).toBe(401)
    expect(service.count('POST /pay')).toBe(1)
    expect(service.count('POST /auth/refresh')).toBe(0)
    expect(client.state.status).toBe('active')
    expect(told).toEqual([])
  })

  it('of another origin is left alone, and so is the request', async () => {
    const { client } = browser.open()
    await settle()
    const asked = vi.fn(async () => problem(401, 'token_expired', { challenge: CHALLENGE }))
    const other = browser.open({ fetch: asked })
    const init = { method: 'POST' }
    expect((await other.client.fetch('https://api.example/notes', init)).status).toBe(401)
    expect(asked).toHaveBeenLastCalledWith('https://api.example/notes', init)
    expect(service.count('POST /auth/refresh')).toBe(0)
    expect(client.state.status).toBe('active')
  })

  function challenge(text: string) {
    return { 'www-authenticate': text }
  }
})

describe('a 401 of the service', () => {
  it('after a sign-in in another tab only repeats the request', async () => {
    const { client, told } = browser.open()
    await settle()
    const rotated = { challenge: CHALLENGE, reason: 'signed_in' }
    const answers = [problem(401, 'session_rotated', rotated), Response.json({})]
    service.instead.set('GET /notes', () => answers.shift() ?? Response.error())
    expect((await settled(client.fetch('/notes'))).status).toBe(200)
    expect(service.count('POST /auth/refresh')).toBe(0)
    expect(told).toEqual([])
  })

  it('that was under way during a new sign-in does not end that one', async () => {
    const { client, told } = browser.open()
    await settle()
    let answer: (response: Response) => void = () => undefined
    service.instead.set('GET /slow', () => new Promise((resolve) => (answer = resolve)))
    const slow = client.fetch('/slow')
    await settle()
    service.signIn('ada')
    await settled(client.check())
    answer(problem(401, 'session_ended', { challenge: CHALLENGE, reason: 'logged_out' }))
    expect((await settled(slow)).status).toBe(401)
    expect(client.state.status).toBe('active')
    expect(told).toEqual([])
  })

  it('behaviour 9a: tells why the session is over, in all tabs, once', async () => {
    const [one, two] = [browser.open(), browser.open()]
    await settle()
    service.end('password_changed')
    await settled(Promise.all([one.client.fetch('/notes'), one.client.fetch('/notes')]))
    for (const { told, client } of [one, two]) {
      expect(told).toMatchObject([
        { name: 'ended', event: { reason: 'password_changed', subject: 'ada' } },
      ])
      expect(client.state).toMatchObject({ status: 'ended', reason: 'password_changed' })
    }
    expect(service.count('POST /auth/refresh')).toBe(0)
  })

  it('tells a guest nothing, whose cookie belongs to nobody', async () => {
    service.end('unknown')
    const { client, told } = browser.open()
    await settle()
    expect(client.state).toEqual({ status: 'none' })
    await settled(client.fetch('/notes'))
    expect(told).toEqual([])
    // Once at the start, to be sure.
    expect(service.count('POST /auth/refresh')).toBe(1)
  })

  it('is over once somebody signs in through fetch', async () => {
    service.end('unknown')
    const { client } = browser.open()
    await settle()
    await settled(client.fetch('/login', { method: 'POST' }))
    expect(client.state).toMatchObject({ status: 'active', subject: 'ada' })
  })

  it('in a browser that keeps no cookies causes one refresh at most per sign-in', async () => {
    service.end('unknown')
    const { client } = browser.open()
    await settle()
    service.instead.set('POST /login', () => Response.json({}))
    for (let attempt = 0; attempt < 3; attempt += 1) {
      await settled(client.fetch('/login', { method: 'POST' }))
      await settled(client.fetch('/notes'))
    }
    expect(service.count('POST /auth/refresh')).toBe(1)
  })
})

describe('the token against forgery', () => {
  it('is fetched when the service asks for it, and sent from then on, but to nobody else', async () => {
    service.csrf = 'one'
    const { client } = browser.open()
    await settle()
    expect((await settled(client.fetch('/notes', { method: 'POST', body: 'x' }))).status).toBe(200)
    await settled(client.fetch('/notes', { method: 'PUT' }))
    await settled(client.fetch('/notes'))
    expect(service.count('GET /csrf')).toBe(1)
    expect(
      service.sent
        .filter(({ path }) => path === '/notes')
        .map(({ method, headers }) => `${method} ${headers.get('x-csrf-token')}`),
    ).toEqual(['POST null', 'POST one', 'PUT one', 'GET null'])
    service.csrf = 'two'
    expect((await settled(client.fetch('/notes', { method: 'POST' }))).status).toBe(200)
  })

  it('that does not help is not fetched in a loop', async () => {
    const { client } = browser.open()
    await settle()
    service.csrf = 'one'
    service.instead.set('POST /notes', () => problem(403, 'csrf_invalid'))
    expect((await settled(client.fetch('/notes', { method: 'POST' }))).status).toBe(403)
    expect(service.count('POST /notes')).toBe(2)
    service.instead.set('POST /notes', () => problem(403, 'forbidden'))
    expect((await settled(client.fetch('/notes', { method: 'POST' }))).status).toBe(403)
    expect(service.count('GET /csrf')).toBe(1)
  })
})

describe('acts', () => {
  it('signOut ends the session in all tabs, and rejects where the service did not confirm it', async () => {
    const [one, two] = [browser.open(), browser.open()]
    await settle()
    service.instead.set('POST /logout', () => problem(503, 'store_unavailable'))
    await expect(settled(one.client.signOut())).rejects.toMatchObject({
      code: 'store_unavailable',
      status: 503,
    })
    service.instead.set('POST /logout', () => Promise.reject(new TypeError('offline')))
    const failed = await settled(one.client.signOut().catch((error: unknown) => error))
    expect(failed).toBeInstanceOf(ClientError)
    expect(failed).toMatchObject({ code: 'unreachable', status: 0 })
    service.instead.set('POST /logout', () => problem(401, 'of_a_gateway'))
    await expect(settled(one.client.signOut())).rejects.toMatchObject({ code: 'of_a_gateway' })
    expect(one.client.state.status).toBe('active')
    expect([...one.told, ...two.told]).toEqual([])
    service.instead.clear()
    await settled(one.client.signOut())
    for (const { told } of [one, two]) {
      expect(told).toMatchObject([{ name: 'ended', event: { reason: 'logged_out' } }])
    }
  })

  it('sessions.list, revoke and revokeOthers say what the service says', async () => {
    const { client } = browser.open()
    await settle()
    service.instead.set('GET /sessions', () => Response.json([{ id: 'a' }]))
    service.instead.set('DELETE /sessions/a%2Fb', () => problem(404, 'session_unknown'))
    service.instead.set('DELETE /sessions/c', () => problem(401, 'reauthentication_required'))
    service.instead.set('POST /sessions/revoke-others', () => Response.json({ count: 2 }))
    expect(await settled(client.sessions.list())).toEqual([{ id: 'a' }])
    expect(await settled(client.sessions.revoke('a/b'))).toBe(false)
    await expect(settled(client.sessions.revoke('c'))).rejects.toMatchObject({
      code: 'reauthentication_required',
    })
    expect(await settled(client.sessions.revokeOthers())).toBe(2)
    const own = client.state.id ?? ''
    service.instead.set(`DELETE /sessions/${own}`, () => Response.json({ success: true }))
    expect(await settled(client.sessions.revoke(own))).toBe(true)
    expect(client.state).toMatchObject({ status: 'ended', reason: 'logged_out' })
  })

  it('signInAddress leads back to the page as it stands, and says why', async () => {
    const { client } = browser.open()
    await settle()
    service.end('expired_idle')
    await settled(client.check())
    const address = new URL(client.signInAddress(), ORIGIN)
    expect(address.pathname).toBe('/login')
    expect(Object.fromEntries(address.searchParams)).toEqual({
      returnTo: '/notes?of=today#third',
      reason: 'expired_idle',
    })
  })

  it('answers that are not of the service are said to be so', async () => {
    const { client } = browser.open()
    await settle()
    service.instead.set('GET /session', () => new Response('<html>a captive portal'))
    await expect(settled(client.check())).rejects.toMatchObject({ code: 'unreachable' })
    service.instead.set('GET /session', () => Response.json({ hello: 'world' }))
    expect(await settled(client.check())).toMatchObject({ status: 'active' })
  })
})
