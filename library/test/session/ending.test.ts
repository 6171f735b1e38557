import { describe, expect, it } from 'vitest'
import { SessionEnded } from '../../src/session/commit.js'
import { refuseUnlessSignedIn } from '../../src/guard/session-guard.js'
import type { SojournOptions } from '../../src/options.js'
import { Browser } from '../support/browser.js'
import { hearing, scene } from '../support/sojourn.js'

async function signedIn(options: Partial<SojournOptions> = {}) {
  const set = scene<Record<string, unknown>>(options)
  const browser = new Browser(set.sojourn)
  await browser.visit((session) => session.signIn('alice'))
  return { ...set, browser }
}

const state = (browser: Browser<Record<string, unknown>>, cookie = browser.cookie) =>
  browser
    .request(
      async (session) => {
        await session.load()
        return {
          state: session.state,
          reason: session.endReason,
          refusal: refuseUnlessSignedIn(session),
        }
      },
      cookie === undefined ? {} : { cookie },
    )
    .then(({ result }) => result)

describe('ending sessions', () => {
  it('behaviour 2a, express-session-632, nextjs-auth0-2530: a writing request in flight never brings a session back, and its answer carries no cookie: 1000 of 1000', async () => {
    const { sojourn } = await signedIn()
    for (let run = 0; run < 1000; run += 1) {
      const browser = new Browser(sojourn)
      await browser.visit((session) => session.signIn('alice'))
      const cookie = browser.cookie
      let release = (): void => undefined
      const gate = new Promise<void>((resolve) => {
        release = resolve
      })
      const slow = browser.request(async (session) => {
        session.set('late', run)
        if (run % 2 === 0) await session.load()
        await gate
      })
      await browser.visit((session) => session.signOut())
      release()
      const { outgoing } = await slow
      expect(outgoing?.cookies.filter((line) => !/Max-Age=0/.test(line)) ?? []).toEqual([])
      expect((await state(browser, cookie)).state).toBe('revoked')
    }
  })

  it('a save on a session that ended meanwhile rejects with the reason', async () => {
    const { browser, sojourn } = await signedIn()
    const cookie = browser.cookie ?? ''
    await browser.request(async (session) => {
      await session.load()
      await sojourn.revoke(session.id ?? '')
      session.set('a', 1)
      await expect(session.save()).rejects.toThrow(SessionEnded)
      await expect(session.save()).rejects.toMatchObject({ code: 'session_ended' })
    })
    expect(await state(browser, cookie)).toMatchObject({
      state: 'revoked',
      reason: 'revoked_admin',
    })
  })

  it('behaviour 23c: writes to the session after it was ended throw', async () => {
    const { browser } = await signedIn()
    await browser.visit(async (session) => {
      await session.signOut()
      expect(() => {
        session.set('a', 1)
      }).toThrow(expect.objectContaining({ code: 'session_ended' }))
      expect(() => {
        session.delete('a')
      }).toThrow(/has ended/)
      await expect(session.incr('n')).rejects.toThrow(/has ended/)
      await expect(session.update('n', () => 1)).rejects.toThrow(/has ended/)
    })
  })

  it('behaviour 23a: sign-out deletes every cookie we ever set, under all names, Domain, Path and Partitioned alike', async () => {
    const { browser } = await signedIn({
      cookie: {
        name: '__Secure-app',
        previousNames: ['__Secure-old'],
        domain: 'example.com',
        path: '/app',
        partitioned: true,
      },
    })
    const { outgoing } = await browser.request((session) => session.signOut())
    const names = outgoing?.cookies.map((line) => line.split('=')[0])
    expect(names).toEqual([
      '__Secure-app',
      '__Secure-old',
      '__Secure-app-guest',
      '__Secure-old-guest',
    ])
    for (const line of outgoing?.cookies ?? []) {
      expect(line).toMatch(
        /=; Max-Age=0; .*Domain=example\.com; Path=\/app; HttpOnly; Secure; SameSite=Lax; Partitioned$/,
      )
    }
    expect(outgoing?.headers).toContainEqual(['Clear-Site-Data', '"cookies", "storage"'])
  })

  it('tells the reason of each end to its holder: idle, absolute, sign-out, elsewhere, admin, limit, password', async () => {
    const limit = { max: 2, whenFull: 'evict-oldest' as const }
    const { sojourn, clock } = await signedIn({ limit, idle: '10m', absolute: '1h' })
    const fresh = async () => {
      const browser = new Browser(sojourn)
      await browser.visit((session) => session.signIn('bob'))
      const id = await browser.visit(async (session) => (await session.load()).id ?? '')
      return { browser, id }
    }
    const out = await fresh()
    const cookie = out.browser.cookie
    await out.browser.visit((session) => session.signOut())
    expect(await state(out.browser, cookie)).toMatchObject({
      state: 'revoked',
      reason: 'logged_out',
    })
    const elsewhere = await fresh()
    await sojourn.revoke(elsewhere.id, { reason: 'logged_out_elsewhere', of: 'bob' })
    expect(await state(elsewhere.browser)).toMatchObject({ reason: 'logged_out_elsewhere' })
    const byAdmin = await fresh()
    await sojourn.revoke(byAdmin.id)
    expect(await state(byAdmin.browser)).toMatchObject({ reason: 'revoked_admin' })
    const evicted = await fresh()
    clock.advance(1)
    await fresh()
    await fresh()
    expect(await state(evicted.browser)).toMatchObject({ reason: 'evicted_limit' })
    const changed = await fresh()
    await sojourn.revokeAll('bob', { reason: 'password_changed' })
    expect(await state(changed.browser)).toMatchObject({ reason: 'password_changed' })
    const idle = await fresh()
    clock.advance(10 * 60_000)
    expect(await state(idle.browser)).toMatchObject({ state: 'expired', reason: 'expired_idle' })
    const long = await fresh()
    for (let minutes = 0; minutes < 60; minutes += 5) {
      clock.advance(5 * 60_000)
      await long.browser.visit((session) => session.load())
      await sojourn.settled()
    }
    expect(await state(long.browser)).toMatchObject({
      state: 'expired',
      reason: 'expired_absolute',
    })
    const refusal = (await state(long.browser)).refusal
    expect(refusal).toMatchObject({
      status: 401,
      code: 'session_ended',
      reason: 'expired_absolute',
    })
  })

  it('ASVS 7.3.1, CVE-2024-35220: idle expiry is enforced to the second, touch at idle - 1 s stays, idle + 1 s is out while the record still rests', async () => {
    const { browser, clock, sojourn, store } = await signedIn({ idle: '10m' })
    clock.advance(599_000)
    expect((await state(browser)).state).toBe('active')
    await sojourn.settled()
    clock.advance(601_000)
    expect(await state(browser)).toMatchObject({ state: 'expired', reason: 'expired_idle' })
    const id = (browser.cookie ?? '').split('=')[1]?.slice(0, 25) ?? ''
    await sojourn.settled()
    expect((await store.read(id)).status).not.toBe('missing')
  })

  it('counts each end once, with its reason', async () => {
    const { browser, sojourn, told } = await signedIn()
    for (let count = 0; count < 3; count += 1) {
      await new Browser(sojourn).visit((session) => session.signIn('alice'))
    }
    await browser.visit((session) => session.signOut())
    await browser.visit((session) => session.signOut())
    expect(await sojourn.revokeAll('alice', { reason: 'password_changed' })).toBe(3)
    await sojourn.settled()
    await hearing()
    const reasons = told
      .filter(({ name }) => name === 'session.ended')
      .map(({ event }) => (event as { reason: string }).reason)
    expect(reasons.sort()).toEqual([
      'logged_out',
      'password_changed',
      'password_changed',
      'password_changed',
    ])
  })

  it("ending a stranger's session answers like ending none", async () => {
    const { browser, sojourn } = await signedIn()
    const id = await browser.visit(async (session) => (await session.load()).id ?? '')
    expect(await sojourn.revoke(id, { of: 'mallory' })).toBe(false)
    expect(await sojourn.revoke('AA.' + 'x'.repeat(22), { of: 'mallory' })).toBe(false)
    expect(await sojourn.revoke('nonsense')).toBe(false)
    expect((await state(browser)).state).toBe('active')
  })

  it('behaviour 13b: banning a person ends all sessions at once, and none can start until the ban is lifted', async () => {
    const { browser, sojourn } = await signedIn()
    const second = new Browser(sojourn)
    await second.visit((session) => session.signIn('alice'))
    expect(await sojourn.disable('alice')).toBe(2)
    expect(await state(browser)).toMatchObject({ state: 'revoked', reason: 'subject_disabled' })
    expect(await state(second)).toMatchObject({ state: 'revoked', reason: 'subject_disabled' })
    const again = new Browser(sojourn).visit((session) => session.signIn('alice'))
    await expect(again).rejects.toMatchObject({ code: 'subject_disabled', status: 403 })
    await sojourn.enable('alice')
    await new Browser(sojourn).visit((session) => session.signIn('alice'))
  })
})
