import { describe, expect, it } from 'vitest'
import { Browser } from '../support/browser.js'
import { scene } from '../support/sojourn.js'
import { endedBecause, NO_SUBJECT_RECORD, type SessionRecord } from '../../src/store/record.js'

describe('the record', () => {
  it('S0-04: an id of 128 random bits, created only where it is absent, with its data and in the index of its user', async () => {
    const { sojourn, store } = scene()
    const browser = new Browser(sojourn)
    await browser.visit(async (session) => {
      session.set('cart', ['tea'])
      await session.signIn('alice')
    })
    const [listed] = (await sojourn.list('alice')).sessions
    const id = listed?.id ?? ''
    expect(Buffer.from(id.split('.')[1] ?? '', 'base64url')).toHaveLength(16)
    const found = await store.read(id)
    expect(found).toMatchObject({ status: 'found', record: { subject: 'alice' } })
    expect(found.status === 'found' && found.record.data.get('cart')?.json).toBe('["tea"]')
    const again = await store.create({
      id,
      subject: 'mallory',
      secretDigest: 'x',
      idleTimeout: 1_000,
      absoluteTimeout: 1_000,
      traits: {},
      data: new Map(),
    })
    expect(again).toEqual({ status: 'refused', reason: 'exists' })
    expect((await sojourn.list('mallory')).sessions).toEqual([])
  })

  it('S0-06: idle and absolute limits are both enforced on the server, and activity moves the idle one alone', async () => {
    const { sojourn, clock } = scene({ idle: '10m', absolute: '30m' })
    const idle = new Browser(sojourn)
    const busy = new Browser(sojourn)
    for (const browser of [idle, busy]) await browser.visit((session) => session.signIn('alice'))
    const state = (browser: Browser<Record<string, unknown>>) =>
      browser.visit(async (session) => [(await session.load()).state, session.endReason])
    for (let minute = 0; minute < 9; minute += 1) {
      clock.advance('1m')
      expect(await state(busy)).toEqual(['active', undefined])
      await sojourn.settled()
    }
    clock.advance('1m')
    expect(await state(idle)).toEqual(['expired', 'expired_idle'])
    for (let minute = 10; minute < 30; minute += 1) {
      expect(await state(busy)).toEqual(['active', undefined])
      await sojourn.settled()
      clock.advance('1m')
    }
    expect(await state(busy)).toEqual(['expired', 'expired_absolute'])
  })

  it('is over where its subject is disabled, its epoch is past or its time is up, told in that order', () => {
    const record = {
      epoch: 1,
      lastSeenAt: 0,
      idleTimeout: 10,
      absoluteExpiresAt: 20,
      endsAs: undefined,
    } as SessionRecord
    const subject = { ...NO_SUBJECT_RECORD, epoch: 1 }
    expect(endedBecause(record, subject, 9)).toBeUndefined()
    expect(endedBecause(record, subject, 10)).toBe('expired_idle')
    expect(endedBecause(record, subject, 20)).toBe('expired_absolute')
    expect(endedBecause({ ...record, endsAs: 'signed_in' }, subject, 20)).toBe('signed_in')
    expect(
      endedBecause(record, { ...subject, epoch: 2, epochReason: 'password_changed' }, 20),
    ).toBe('password_changed')
    expect(
      endedBecause(
        record,
        { ...subject, epoch: 2, isDisabled: true, epochReason: 'logged_out' },
        20,
      ),
    ).toBe('subject_disabled')
  })

  it('behaviour 34a: every method answers a promise; save resolves only when the change is durable, and rejects when it is not', async () => {
    const { sojourn, store } = scene()
    const browser = new Browser(sojourn)
    await browser.visit(async (session) => {
      const methods = [
        () => session.load(),
        () => session.get('a'),
        () => session.all(),
        () => session.incr('n'),
        () => session.update('u', () => 1),
        () => session.flash('f', 1),
        () => session.takeFlash('f'),
        () => session.signIn('alice'),
        () => session.elevate(),
        () => session.touch(),
        () => session.save(),
      ]
      for (const method of methods) {
        const answer: Promise<unknown> = method()
        expect(answer).toBeInstanceOf(Promise)
        await answer
      }
      session.set('a', 1)
      await session.save()
      const found = await store.read(session.id ?? '')
      expect(found.status === 'found' && found.record.data.get('a')?.json).toBe('1')
      session.set('a', 2)
      await sojourn.revoke(session.id ?? '')
      await expect(session.save()).rejects.toMatchObject({
        code: 'session_ended',
        reason: 'revoked_admin',
      })
      expect(session.signOut()).toBeInstanceOf(Promise)
    })
  })
})
