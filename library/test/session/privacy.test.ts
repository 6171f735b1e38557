import { describe, expect, it } from 'vitest'
import type { PrivacyMode } from '../../src/options.js'
import { Browser } from '../support/browser.js'
import { scene } from '../support/sojourn.js'

const AGENT =
  'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36'

async function facts(mode: PrivacyMode, address = '203.0.113.77') {
  const { sojourn } = scene({ privacy: { address: mode, agent: mode } })
  const browser = new Browser(sojourn)
  await browser.visit((session) => session.signIn('alice'), { address, userAgent: AGENT })
  return (await sojourn.list('alice')).sessions[0]
}

describe('what is kept of a client', () => {
  it('is what the privacy mode allows: full, truncated, keyed hash or nothing', async () => {
    expect(await facts('full')).toMatchObject({ address: '203.0.113.77', agent: AGENT })
    expect(await facts('truncated')).toMatchObject({ address: '203.0.113.0' })
    expect((await facts('truncated', '2001:db8:1:2:3:4:5:6'))?.address).toBe('2001:db8:1::')
    expect((await facts('truncated', '2001:db8::7'))?.address).toBe('2001:db8::')
    const hashed = await facts('keyed-hash')
    expect(hashed?.address).toMatch(/^[\w-]{16}$/)
    expect(hashed?.agent).toMatch(/^[\w-]{16}$/)
    const none = await facts('none')
    expect([none?.address, none?.agent]).toEqual([undefined, undefined])
  })

  it('stays short enough for a small record by default', async () => {
    const { sojourn } = scene()
    const browser = new Browser(sojourn)
    await browser.visit((session) => session.signIn('alice'), {
      userAgent: `${'é'.repeat(200)} (${'x'.repeat(99)})`,
    })
    const agent = (await sojourn.list('alice')).sessions[0]?.agent ?? ''
    expect(Buffer.byteLength(agent)).toBeLessThanOrEqual(60)
    expect(agent).not.toContain('\uFFFD')
  })

  it('behaviour 29b: follows the client when its address and agent change', async () => {
    const { sojourn, clock } = scene({ privacy: { agent: 'full' } })
    const browser = new Browser(sojourn)
    await browser.visit((session) => session.signIn('alice'), { userAgent: 'One/1' })
    clock.advance(120_000)
    await browser.visit((session) => session.load(), {
      address: '198.51.100.1',
      userAgent: 'Two/2',
    })
    await sojourn.settled()
    expect((await sojourn.list('alice')).sessions[0]).toMatchObject({
      address: '198.51.100.1',
      agent: 'Two/2',
    })
  })
})
