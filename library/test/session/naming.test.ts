/** What people call their devices: theirs to say, for showing, and gone with the session. */
import { describe, expect, it } from 'vitest'
import { InvalidInput } from '../../src/errors.js'
import { Browser } from '../support/browser.js'
import { scene } from '../support/sojourn.js'

async function signedIn(subject: string, { sojourn } = scene()) {
  const browser = new Browser(sojourn)
  await browser.visit((session) => session.signIn(subject))
  const id = await browser.visit(async (session) => (await session.load()).id ?? '')
  const name = async (): Promise<string | undefined> =>
    browser.visit(async (session) => (await session.load()).facts?.name)
  return { sojourn, browser, id, name }
}

describe('the name of a device', () => {
  it('is what its person says, in lists and in the session itself, until they take it away', async () => {
    const { sojourn, id, name } = await signedIn('ada')
    expect(await name()).toBeUndefined()
    expect(await sojourn.rename(id, 'Küche 📻', { of: 'ada' })).toBe(true)
    expect(await name()).toBe('Küche 📻')
    const { sessions } = await sojourn.list('ada')
    expect(sessions.map((facts) => facts.name)).toEqual(['Küche 📻'])
    expect(await sojourn.rename(id, undefined)).toBe(true)
    expect(await name()).toBeUndefined()
  })

  it('is nobody else’s to give, nor that of a session that is over or never was', async () => {
    const { sojourn, browser, id, name } = await signedIn('ada')
    expect(await sojourn.rename(id, 'mine', { of: 'eve' })).toBe(false)
    expect(await name()).toBeUndefined()
    expect(await sojourn.rename('not an id', 'x')).toBe(false)
    expect(await sojourn.rename(id.replace(/.{4}$/, 'AAAA'), 'x')).toBe(false)
    await browser.visit((session) => session.signOut())
    expect(await sojourn.rename(id, 'late', { of: 'ada' })).toBe(false)
    expect(await sojourn.rename(id, 'late')).toBe(false)
  })

  it('stays when the session gets another secret, and is no use of it', async () => {
    const it = scene({ idle: '10m' })
    const { sojourn, browser, id, name } = await signedIn('ada', it)
    const before = (await sojourn.list('ada')).sessions[0]?.lastSeenAt
    it.clock.advance(60_000)
    await sojourn.rename(id, 'Desk')
    expect((await sojourn.list('ada')).sessions[0]?.lastSeenAt).toBe(before)
    await browser.visit((session) => session.elevate())
    expect(await name()).toBe('Desk')
  })

  it.each([
    ['', 'nothing'],
    ['x'.repeat(65), '65 characters'],
    ['📻'.repeat(65), '65 characters of two units each'],
    ['\ud800', 'half a character'],
    [7 as unknown as string, 'a number'],
    [null as unknown as string, 'null'],
  ])('is refused as %j: %s', async (wrong) => {
    const { sojourn, id, name } = await signedIn('ada')
    await expect(sojourn.rename(id, wrong)).rejects.toThrow(InvalidInput)
    expect(await name()).toBeUndefined()
  })

  it('may have 64 characters, whatever they take', async () => {
    const { sojourn, id, name } = await signedIn('ada')
    const longest = '📻'.repeat(64)
    await sojourn.rename(id, longest)
    expect(await name()).toBe(longest)
  })
})
