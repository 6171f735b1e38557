/** What the guard's tokens are bound to, and for how long they are good. */
import { afterEach, describe, expect, it } from 'vitest'
import { createExpressAdapter } from '../../../src/adapter/express.js'
import { createCsrfToken, fitsCsrfToken } from '../../../src/credential/csrf-token.js'
import { createCsrfTokens } from '../../../src/guard/csrf/tokens.js'
import { createMemoryStore } from '../../../src/store/memory.js'
import { incoming } from '../../support/browser.js'
import { scene, SECRET } from '../../support/sojourn.js'
import { FORM, outcomeOf, stage, type Stage, type Visitor } from './support.js'

const FOREIGN = 'csrf_invalid: token_of_another_session'
const MISSING = 'csrf_invalid: token_missing'
/** How session-bound tokens are made; each has to keep all promises. */
const MODES = ['signed', 'record'] as const

const open: Stage[] = []
afterEach(async () => Promise.all(open.splice(0).map((one) => one.close())))

async function theStage(options: Parameters<typeof stage>[1] = {}): Promise<Stage> {
  const signed = { signInPaths: ['/signed/login'] }
  const record = { mode: 'record', signInPaths: ['/record/login'] } as const
  const one = await stage({ signed, record }, options)
  open.push(one)
  return one
}

/** A form of a client that sends neither Sec-Fetch-Site nor Origin. */
async function submit(
  { told }: Stage,
  who: Visitor,
  token: string | undefined,
  path = '/signed/do',
): Promise<string> {
  const body = token === undefined ? '' : `_csrf=${token}`
  const headers = { 'content-type': FORM }
  return outcomeOf(await who.send(path, { method: 'POST', headers, body }), told)
}

describe.each(MODES)('tokens of the mode %s', (mode) => {
  const path = `/${mode}/do`

  it('behaviour 15a, GHSA-2ccf-ffrj-m4qw: are good in their own session alone, neither before nor after a sign-in', async () => {
    const the = await theStage()
    const [ada, bob] = [the.client(), the.client()]
    const ofNobody = await ada.token(mode)
    await ada.post('/guest')
    const ofGuest = await ada.token(mode)
    expect(await submit(the, ada, ofGuest, path)).toBe('done')
    await ada.signIn()
    const first = await ada.token(mode)
    await bob.signIn('bob')
    const adaElsewhere = await the.client().signIn()
    expect(await submit(the, ada, first, path)).toBe('done')
    expect(await submit(the, bob, first, path)).toBe(FOREIGN)
    expect(await submit(the, adaElsewhere, first, path), 'the same person').toBe(FOREIGN)
    expect(await submit(the, ada, await bob.token(mode), path)).toBe(FOREIGN)
    expect(await submit(the, ada, ofNobody, path), 'of before there was a session').toBe(FOREIGN)
    expect(await submit(the, ada, ofGuest, path), 'of before the sign-in').toBe(FOREIGN)
    const before = new Map(ada.jar)
    await ada.signIn()
    expect(await submit(the, ada, first, path), 'of the sign-in before').toBe(FOREIGN)
    const second = await ada.token(mode)
    expect(await submit(the, ada, second, path)).toBe('done')
    const old = the.client()
    for (const [name, value] of before) old.jar.set(name, value)
    expect(await submit(the, old, second, path), 'with the cookie of before').toBe(FOREIGN)
  })

  it('are good side by side, those of tabs that were opened at once too, and after somebody confirmed who they are', async () => {
    const the = await theStage()
    const ada = await the.client().signIn()
    const tabs = await Promise.all(Array.from({ length: 10 }, () => ada.token(mode)))
    expect(new Set(tabs).size, 'no two look alike (BREACH)').toBe(10)
    expect(new Set(tabs.map((one) => one.slice(12))).size).toBe(10)
    await ada.post('/confirm')
    for (const token of tabs) expect(await submit(the, ada, token, path)).toBe('done')
    for (const token of tabs) expect(await submit(the, ada, token, path), 'again').toBe('done')
  })

  it('behaviour 10c: are issued to visitors without a record, and to a session without reading more than it', async () => {
    const the = await theStage()
    const visitor = the.client()
    const form = await visitor.get(`/${mode}/form`)
    expect(form.cookies).toEqual([expect.stringMatching(/^csrf-seed=[\w-]{24}; /)])
    expect(form.cookies[0]).toContain('HttpOnly')
    // Later pages find the seed: nothing is set anew, and the forms of before stay good.
    const again = await visitor.get(`/${mode}/form`)
    expect(again.cookies).toEqual([])
    for (const { body } of [form, again]) {
      expect(await submit(the, visitor, body, `/${mode}/login`)).toBe('done')
    }
    expect(the.calls).toEqual([])
    expect(await submit(the, the.client(), form.body, `/${mode}/login`), 'no seed').toBe(FOREIGN)
  })

  it('behaviour 15e, CVE-2021-29624: are of no use to a sibling host that plants cookies', async () => {
    const the = await theStage()
    const attacker = the.client()
    const ofGuest = await attacker.token(mode)
    const seed = attacker.jar.get('csrf-seed') ?? ''
    await attacker.signIn('mallory')
    const ofMallory = await attacker.token(mode)
    const [[name, value] = ['', '']] = [...attacker.jar].filter(([key]) => key.startsWith('sid-'))
    const victim = await the.client().signIn()
    const jar = new Map(victim.jar)
    for (const planted of [`csrf-seed=${seed}`, `${name}=${value}`, `_csrf=${ofMallory}`]) {
      for (const token of [ofGuest, ofMallory]) {
        for (const cookie of [`${victim.cookie}; ${planted}`, `${planted}; ${victim.cookie}`]) {
          const answer = await victim.send(path, {
            method: 'POST',
            headers: { 'content-type': FORM, cookie },
            body: `_csrf=${token}`,
          })
          expect([planted, await outcomeOf(answer, the.told)]).toEqual([planted, FOREIGN])
        }
      }
    }
    expect(victim.jar).toEqual(jar)
    // Two seeds: nobody can say which is whose.
    const visitor = the.client()
    const token = await visitor.token(mode)
    const headers = { 'content-type': FORM, cookie: `${visitor.cookie}; csrf-seed=${seed}` }
    const login = { method: 'POST', headers, body: `_csrf=${token}` }
    expect(await outcomeOf(await visitor.send(`/${mode}/login`, login), the.told)).toBe(FOREIGN)
  })

  it('outlive a change of the secret as long as the old one is in the ring', async () => {
    const store = createMemoryStore()
    const [old, fresh] = [`old ${SECRET}`, `new ${SECRET}`]
    const before = await theStage({ store, secrets: [old] })
    const visitor = before.client()
    const ofNobody = await visitor.token(mode)
    const ada = await before.client().signIn()
    const token = await ada.token(mode)
    const moveTo = (there: Stage, who: Visitor): Visitor => {
      const client = there.client()
      for (const [name, value] of who.jar) client.jar.set(name, value)
      return client
    }
    const during = await theStage({ store, secrets: [fresh, old] })
    const here = moveTo(during, ada)
    expect(await submit(during, here, token, path)).toBe('done')
    expect(await submit(during, moveTo(during, visitor), ofNobody, `/${mode}/login`)).toBe('done')
    const renewed = await here.token(mode)
    const after = await theStage({ store, secrets: [fresh] })
    const there = moveTo(after, here)
    expect(await submit(after, there, renewed, path)).toBe('done')
    // What a record keeps needs no key.
    const rest = mode === 'signed' ? FOREIGN : 'done'
    expect(await submit(after, there, token, path)).toBe(rest)
    expect(await submit(after, moveTo(after, visitor), ofNobody, `/${mode}/login`)).toBe(FOREIGN)
  })
})

describe('tokens', () => {
  it('CVE-2023-27495: are bound to something, whatever is left out or undefined', async () => {
    const session = (id: unknown) => ({
      load: async () => Promise.resolve(),
      isLoaded: true,
      id: id as string,
      subject: 'ada',
      kept: { get: () => 'x', add: async () => Promise.resolve('x') },
    })
    const request = incoming('a=b', { method: 'POST' })
    for (const isInRecord of [false, true]) {
      const tokens = createCsrfTokens([Buffer.alloc(32)], isInRecord)
      const good = await tokens.issue({ incoming: request, session: session('a') })
      for (const id of ['', null, 0, {}]) {
        const holder = { incoming: request, session: session(id) }
        await expect(tokens.issue(holder)).rejects.toThrow('bound to')
        await expect(tokens.problem(good.token, holder)).rejects.toThrow('bound to')
      }
      // Nobody's token without a seed fits nobody else without one.
      const nobody = { incoming: request, session: session(undefined) }
      const { token } = await tokens.issue(nobody)
      expect(await tokens.problem(token, nobody)).toBe('token_of_another_session')
      expect(await tokens.problem(good.token, nobody)).toBe('token_of_another_session')
    }
    expect(() => createCsrfTokens([], false)).toThrow('key')
    const the = await stage({ signed: { mode: undefined, tokens: undefined } as object })
    open.push(the)
    const [ada, bob] = [await the.client().signIn(), await the.client().signIn('bob')]
    expect(await submit(the, ada, undefined)).toBe(MISSING)
    expect(await submit(the, bob, await ada.token('signed'))).toBe(FOREIGN)
  })

  it('over TLS rest on a cookie that no sibling host can set', async () => {
    const tokens = createCsrfTokens([Buffer.alloc(32)], false)
    const nobody = {
      load: async () => Promise.resolve(),
      isLoaded: true,
      id: undefined,
      subject: undefined,
      kept: { get: () => undefined, add: async () => Promise.reject(new Error('no record')) },
    }
    const first = incoming(undefined)
    const { token, cookies } = await tokens.issue({ incoming: first, session: nobody })
    expect(cookies).toEqual([
      expect.stringMatching(
        /^__Host-csrf-seed=[\w-]{24}; Path=\/; HttpOnly; Secure; SameSite=Lax$/,
      ),
    ])
    const seed = /=([\w-]{24});/.exec(cookies[0] ?? '')?.[1] ?? ''
    const ask = (cookie: string) =>
      tokens.problem(token, { incoming: incoming(cookie), session: nobody })
    expect(await ask(`__Host-csrf-seed=${seed}`)).toBeUndefined()
    expect(await ask(`csrf-seed=${seed}`)).toBe('token_of_another_session')
  })

  it('of one kind are none of another, and without a key none is good', () => {
    const kinds = ['session', 'guest', 'stored', 'cookie'] as const
    for (const made of kinds) {
      const token = createCsrfToken([{ kind: made, secret: 's' }])
      for (const kind of kinds) {
        expect(fitsCsrfToken(token, [{ kind, secret: 's' }])).toBe(kind === made)
      }
      expect(fitsCsrfToken(token, [])).toBe(false)
      expect(fitsCsrfToken('', [{ kind: made, secret: 's' }])).toBe(false)
    }
  })

  it('without web.csrf in front are not made', async () => {
    const web = createExpressAdapter(scene().sojourn)
    const call = web.csrfToken({ headers: {} } as never, {} as never)
    await expect(call).rejects.toMatchObject({ code: 'ERR_OPTION' })
  })
})
