import { describe, expect, it } from 'vitest'
import { InvalidOption } from '../../../src/index.js'
import { createSignInGuard } from '../../../src/guard/sign-in/sign-in-guard.js'
import { incoming, pair, world, type World } from './support.js'

const DAY = 86_400_000
const ADA = { account: 'ada', incoming: incoming() }

/** Whether a browser with this cookie counts as known to the account. */
async function isKnown({ signIn }: World, cookie: string, account = 'ada'): Promise<boolean> {
  const outcome = await signIn({ account, cookie, password: 'right' })
  if (outcome.is !== 'right') throw new Error('not let in')
  return !outcome.suspicious.includes('new_device')
}

describe('the device cookie', () => {
  it('is for this host alone, out of reach of scripts and other sites, for 180 days', () => {
    const { guard } = world()
    const line = guard.remember(ADA)
    expect(line).toMatch(
      /^__Host-device-[\w-]{4}=[\w-]{22}\.[0-9a-z]+\.[\w-]{22}; Max-Age=15552000; Path=\/; HttpOnly; Secure; SameSite=Strict$/,
    )
    const plain = guard.remember({ account: 'ada', incoming: { ...incoming(), isSecure: false } })
    expect(plain).toMatch(/^device-[\w-]{4}=.*; Path=\/; HttpOnly; SameSite=Strict$/)
  })

  it('is Secure on a plain connection where it is told to be', () => {
    const { guard } = world({ deviceCookie: { secure: true, name: 'known', sameSite: 'lax' } })
    const plain = { ...incoming(), isSecure: false }
    expect(guard.remember({ account: 'ada', incoming: plain })).toMatch(
      /^__Host-known=.*; Secure; SameSite=Lax$/,
    )
  })

  it('proves one person, in any spelling of the name, and nobody else', async () => {
    const here = world()
    const cookie = pair(here.guard.remember(ADA))
    expect(await isKnown(here, cookie)).toBe(true)
    expect(await isKnown(here, cookie, ' ADA ')).toBe(true)
    expect(await isKnown(here, cookie, 'bob')).toBe(false)
  })

  it('says nothing about who that person is, and another one at each sign-in', () => {
    const { guard } = world()
    const first = pair(guard.remember({ account: 'ada@example.org', incoming: incoming() }))
    expect(first).not.toContain('ada')
    expect(Buffer.from(first, 'base64url').toString()).not.toContain('ada')
    expect(pair(guard.remember({ account: 'ada@example.org', incoming: incoming() }))).not.toBe(
      first,
    )
  })

  it('is worth nothing altered, made by another application, or put together from two', async () => {
    const here = world()
    const cookie = pair(here.guard.remember(ADA))
    const [name = '', value = ''] = cookie.split('=')
    const [id = '', issued = '', mac = ''] = value.split('.')
    const foreign = pair(world({}, undefined, ['x'.repeat(40)]).guard.remember(ADA)).split('=')[1]
    const later = (parseInt(issued, 36) + 1).toString(36)
    const bobs = pair(here.guard.remember({ account: 'bob', incoming: incoming() }))
    const [bobsId = ''] = bobs.split('=')[1]?.split('.') ?? []
    const forged = [
      `${id}.${later}.${mac}`,
      `${bobsId}.${issued}.${mac}`,
      `${id}.${issued}.${'A'.repeat(22)}`,
      `${id}.${issued}`,
      `${id}.${issued}.${mac}.`,
      `${id}.NaN.${mac}`,
      foreign ?? '',
      '',
      '~~~~',
    ]
    for (const text of forged) expect(await isKnown(here, `${name}=${text}`), text).toBe(false)
    expect(await isKnown(here, `${name}=~junk~${value}`)).toBe(true)
  })

  it('is over after 180 days, and each sign-in renews it', async () => {
    const here = world()
    const first = await here.signIn({ password: 'right' })
    const cookie = first.is === 'right' ? first.cookie : ''
    here.clock.advance(179 * DAY)
    const second = await here.signIn({ password: 'right', cookie })
    const renewed = second.is === 'right' ? second.cookie : ''
    here.clock.advance(2 * DAY)
    expect(await isKnown(here, cookie)).toBe(false)
    expect(await isKnown(here, renewed)).toBe(true)
  })

  it('from a clock that is hours ahead is not believed', async () => {
    const here = world()
    const cookie = pair(here.guard.remember(ADA))
    const earlier = world({}, undefined, undefined, here.clock.now() - 4 * 3_600_000)
    expect(await isKnown(earlier, cookie)).toBe(false)
  })

  it('remembers the last five people of a browser', async () => {
    const here = world()
    let cookie = ''
    for (const account of ['a', 'b', 'c', 'd', 'e', 'a', 'f']) {
      cookie = pair(here.guard.remember({ account, incoming: incoming({ cookie }) }))
    }
    expect(cookie.split('~')).toHaveLength(5)
    const known = await Promise.all(
      ['f', 'a', 'e', 'd', 'c', 'b'].map((a) => isKnown(here, cookie, a)),
    )
    expect(known).toEqual([true, true, true, true, true, false])
  })

  it('outlives a rotation of the secret, under the name of the new one', async () => {
    const [older, newer] = ['o'.repeat(40), 'n'.repeat(40)]
    const cookie = pair(world({}, undefined, [older]).guard.remember(ADA))
    const here = world({}, undefined, [newer, older])
    const outcome = await here.signIn({ cookie, password: 'right' })
    expect(outcome).toMatchObject({ is: 'right', suspicious: [] })
    expect(outcome.is === 'right' && outcome.cookie.split('=')[0]).not.toBe(cookie.split('=')[0])
    expect(await isKnown(world({}, undefined, [newer]), cookie)).toBe(false)
  })
})

describe('options', () => {
  it.each([
    { maxAttempts: 0 },
    { maxAttempts: 1.5 },
    { lockout: '31d' },
    { lockout: 'soon' as never },
    { accountAttempts: -1 },
    { delay: { from: 0 } },
    { delay: { most: '2h' } },
    { sprayWindow: 0 },
    { unlockTokenLifetime: '2d' },
    { deviceCookie: { lifetime: '401d' } },
    { deviceCookie: { name: 'no spaces' } },
  ] as const)('%o is refused with its name', (options) => {
    const { context } = world()
    expect(() => createSignInGuard(context, options)).toThrow(InvalidOption)
  })
})
