import { describe, expect, it } from 'vitest'
import { Browser } from '../support/browser.js'
import { hearing, scene, TOKENS } from '../support/sojourn.js'

async function acting(reason = 'ticket 17') {
  const set = scene<Record<string, unknown>>({ tokens: TOKENS })
  const admin = new Browser(set.sojourn)
  await admin.visit((session) => session.signIn('admin', { methods: ['pwd'] }))
  const adminCookie = admin.cookie
  const own = await admin.visit(async (session) => (await session.load()).id)
  await admin.visit((session) => session.impersonate('alice', { reason, lifetime: '10m' }))
  const child = await admin.visit(async (session) => (await session.load()).id)
  return { ...set, admin, adminCookie, own, child }
}

describe('impersonation', () => {
  it("behaviour 28a: is a child session with actor and subject, its own lifetime and no elevation; stopping ends it and leaves the admin's own as it was", async () => {
    const { admin, own, child, clock } = await acting()
    const facts = await admin.visit(async (session) => (await session.load()).facts)
    expect(facts).toMatchObject({
      id: child,
      subject: 'alice',
      actor: 'admin',
      purpose: 'ticket 17',
    })
    expect(child).not.toBe(own)
    expect((facts?.expiresAt ?? 0) - (facts?.createdAt ?? 0)).toBe(600_000)
    await expect(admin.visit((session) => session.elevate())).rejects.toMatchObject({
      code: 'impersonation',
    })
    expect(await admin.visit((session) => session.stopImpersonating())).toBe(true)
    expect(await admin.visit(async (session) => (await session.load()).facts)).toMatchObject({
      id: own,
      subject: 'admin',
      actor: undefined,
    })
    clock.advance(700_000)
    expect(await admin.visit(async (session) => (await session.load()).isSignedIn)).toBe(true)
  })

  it("ends when the admin's own session is revoked, and when the person's sessions are", async () => {
    const first = await acting()
    await first.sojourn.revokeAll('admin')
    expect(
      await first.admin.visit(async (session) => {
        await session.load()
        return [session.isSignedIn, session.endReason]
      }),
    ).toEqual([false, 'revoked_admin'])
    const second = await acting()
    await second.sojourn.revokeAll('alice', { reason: 'password_changed' })
    expect(await second.admin.visit(async (session) => (await session.load()).endReason)).toBe(
      'password_changed',
    )
  })

  it('behaviour 27b: never counts as recently authenticated', async () => {
    const { admin } = await acting()
    expect(await admin.visit(async (session) => (await session.load()).isRecent(60_000))).toBe(
      false,
    )
  })

  it("behaviour 28b: shows in the person's list of devices, in the tokens and in an event with both names", async () => {
    const { admin, sojourn, told, child } = await acting()
    const { sessions } = await sojourn.list('alice')
    expect(sessions).toMatchObject([{ id: child, actor: 'admin', purpose: 'ticket 17' }])
    const pair = await admin.visit((session) => session.issueTokens())
    const claims = JSON.parse(
      Buffer.from(pair.accessToken.split('.')[1] ?? '', 'base64url').toString(),
    ) as object
    expect(claims).toMatchObject({ sub: 'alice', act: { sub: 'admin' } })
    expect(claims).not.toHaveProperty('auth_time')
    await hearing()
    expect(told).toContainEqual({
      name: 'impersonation.started',
      event: { id: child, subject: 'alice', actor: 'admin', purpose: 'ticket 17' },
    })
  })

  it('tells all of a long reason, and keeps its beginning', async () => {
    const reason = `${'ü'.repeat(40)} and more`
    const { sojourn, told } = await acting(reason)
    const { sessions } = await sojourn.list('alice')
    expect(sessions[0]?.purpose).toBe('ü'.repeat(30))
    await hearing()
    expect(told.find(({ name }) => name === 'impersonation.started')).toMatchObject({
      event: { purpose: reason },
    })
  })

  it("is not nested, not of oneself, not without a reason, and takes no place among the person's sessions", async () => {
    const { admin, sojourn } = await acting()
    await expect(
      admin.visit((session) => session.impersonate('bob', { reason: 'x' })),
    ).rejects.toMatchObject({ code: 'impersonation' })
    const other = new Browser(sojourn)
    await other.visit((session) => session.signIn('root'))
    await expect(
      other.visit((session) => session.impersonate('root', { reason: 'x' })),
    ).rejects.toThrow()
    await expect(
      other.visit((session) => session.impersonate('alice', { reason: ' ' })),
    ).rejects.toThrow()
  })

  it("pushes none of the person's own sessions out, however few there may be", async () => {
    const { sojourn } = scene<Record<string, unknown>>({
      limit: { max: 1, whenFull: 'evict-oldest' },
    })
    const alice = new Browser(sojourn)
    await alice.visit((session) => session.signIn('alice'))
    const admin = new Browser(sojourn)
    await admin.visit((session) => session.signIn('admin'))
    await admin.visit((session) => session.impersonate('alice', { reason: 'ticket 17' }))
    expect(await alice.visit(async (session) => (await session.load()).isSignedIn)).toBe(true)
  })
})
