import { describe, expect, it } from 'vitest'
import { addressOf, incoming, inTurn, world } from './support.js'

const ADA = { subject: 'ada', address: '203.0.113.1' }

describe('what the event log hears', () => {
  it('of each failure: who, from where, at what, with what, and when a lock begins', async () => {
    const { signIn, heard } = world()
    await inTurn(8, () => signIn({}))
    const failed = await heard('signin.failed')
    expect(failed).toHaveLength(5)
    expect(failed[0]).toEqual({
      ...ADA,
      reason: 'credentials_invalid',
      path: '/login',
      agent: 'Firefox',
    })
    expect(await heard('signin.locked')).toEqual([
      { ...ADA, scope: 'account_network', lockedFor: 900_000 },
    ])
  })

  it('once of an account that many networks try, and of a network that tries many accounts', async () => {
    const { signIn, heard, clock } = world()
    for (let round = 0; round < 4; round += 1) {
      await inTurn(50, (at) => signIn({ address: addressOf(round * 50 + at) }))
      clock.advance(45_000)
    }
    await inTurn(50, (at) => signIn({ account: `p${String(at)}`, address: '192.0.2.1' }))
    expect((await heard('signin.locked')).map(({ scope }) => scope)).toEqual(['account', 'network'])
  })

  it('never a password, nor a cookie', async () => {
    const { signIn, told, heard, notices } = world()
    const first = await signIn({ password: 'right' })
    const cookie = first.is === 'right' ? first.cookie : ''
    await inTurn(6, () => signIn({ password: 'a-secret-of-ada', cookie }))
    await heard('signin.failed')
    const all = JSON.stringify([told, notices])
    expect(all).toContain('signin.failed')
    expect(all).not.toContain('a-secret-of-ada')
    expect(all).not.toContain(cookie.split('=')[1])
  })
})

describe('what a person hears', () => {
  it('ASVS 6.3.5: of failures before a success, and of a device they had not used', async () => {
    const { signIn, heard, notices } = world()
    await inTurn(4, () => signIn({}))
    const outcome = await signIn({ password: 'right' })
    expect(outcome).toMatchObject({ is: 'right', suspicious: ['after_failures', 'new_device'] })
    expect(await heard('signin.suspicious')).toEqual([
      { ...ADA, kind: 'after_failures', count: 4 },
      { ...ADA, kind: 'new_device' },
    ])
    expect(notices).toEqual([
      expect.objectContaining({ kind: 'after_failures', ...ADA, count: 4, agent: 'Firefox' }),
      expect.objectContaining({ kind: 'new_device', ...ADA, at: 1_704_067_200_000 }),
    ])
  })

  it('of failures elsewhere, on the device they know', async () => {
    const { signIn } = world()
    const first = await signIn({ password: 'right' })
    const cookie = first.is === 'right' ? first.cookie : ''
    await inTurn(10, (at) => signIn({ address: addressOf(at) }))
    expect(await signIn({ password: 'right', cookie })).toMatchObject({
      suspicious: ['after_failures'],
    })
  })

  it('nothing of a slip or two on a device they know', async () => {
    const { signIn, notices, heard } = world()
    const first = await signIn({ password: 'right' })
    const cookie = first.is === 'right' ? first.cookie : ''
    await inTurn(2, () => signIn({ cookie }))
    expect(await signIn({ password: 'right', cookie })).toMatchObject({ suspicious: [] })
    await heard('signin.suspicious')
    expect(notices.map(({ kind }) => kind)).toEqual(['new_device'])
  })

  it('ASVS 6.3.7: of a changed password once, as an event and through the notifier', async () => {
    const { guard, heard, notices } = world()
    guard.credentialChanged({ subject: 'ada', kind: 'password', incoming: incoming() })
    expect(await heard('credential.changed')).toEqual([{ ...ADA, kind: 'password' }])
    expect(notices).toEqual([
      {
        ...ADA,
        kind: 'credential_changed',
        credential: 'password',
        agent: 'Firefox',
        at: 1_704_067_200_000,
      },
    ])
  })

  it('and is let in though telling fails', async () => {
    const { signIn } = world({
      notify: () => Promise.reject(new Error('no mail today')),
    })
    expect(await signIn({ password: 'right' })).toMatchObject({ is: 'right' })
    const loud = world({
      notify: () => {
        throw new Error('no mail at all')
      },
    })
    expect(await loud.signIn({ password: 'right' })).toMatchObject({ is: 'right' })
    await loud.heard('signin.suspicious')
  })
})

describe('patterns over accounts', () => {
  it('one password on many accounts from many networks is told once in an hour as a spray', async () => {
    const { signIn, heard, clock } = world()
    const spray = (from: number): Promise<unknown> =>
      inTurn(30, (at) =>
        signIn({
          account: `person-${String(at)}`,
          address: addressOf(from + at),
          password: 'Summer2026!',
        }),
      )
    await spray(0)
    await spray(100)
    const suspicious = await heard('signin.suspicious')
    expect(suspicious).toEqual([
      { kind: 'spray', subject: undefined, address: addressOf(9), count: 10 },
    ])
    clock.advance(2 * 3_600_000)
    await spray(200)
    expect(await heard('signin.suspicious')).toHaveLength(2)
  })

  it('many accounts from one network are told as stuffing, one account many times is not', async () => {
    const { signIn, heard } = world()
    await inTurn(18, (at) => signIn({ address: addressOf(at), password: 'the same' }))
    expect(await heard('signin.suspicious')).toEqual([])
    await inTurn(15, (at) =>
      signIn({ account: `person-${String(at)}`, password: `leaked ${String(at)}` }),
    )
    expect(await heard('signin.suspicious')).toEqual([
      { kind: 'stuffing', subject: undefined, address: '203.0.113.1', count: 10 },
    ])
  })

  it('ten people who mistype their own passwords are no spray', async () => {
    const { signIn, heard } = world()
    await inTurn(30, (at) =>
      signIn({ account: `p${String(at)}`, address: addressOf(at), password: `own ${String(at)}` }),
    )
    expect(await heard('signin.suspicious')).toEqual([])
  })
})
