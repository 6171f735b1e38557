import { describe, expect, it } from 'vitest'
import type { SignIn } from '../../../src/guard/anomaly/index.js'
import { Browser } from '../../support/browser.js'
import { AGENTS, HOME, PHONE, settle, VPN, watched, type ClientFacts } from './support.js'

function scene(options: Parameters<typeof watched>[0] = {}) {
  const heard: SignIn[] = []
  const made = watched({ onNewSignIn: (signIn) => heard.push(signIn), ...options })
  const { suspicions } = made
  return {
    ...made,
    /** Signs in with a fresh browser. Answers what the hook heard, and which events were told. */
    async arrive(facts: ClientFacts = {}, subject = 'alice') {
      const browser = new Browser(made.sojourn)
      await made.signIn({ address: HOME, userAgent: AGENTS.firefox, ...facts }, browser, subject)
      return {
        browser,
        heard: heard.splice(0),
        kinds: suspicions.splice(0).map(({ kind }) => kind),
      }
    },
  }
}

describe('a sign-in', () => {
  it('ASVS 6.3.5: is told once, with what is known of device and network', async () => {
    const { arrive } = scene()
    expect(await arrive()).toMatchObject({
      heard: [{ subject: 'alice', address: HOME, network: '203.0.113.0/24', isFirst: true }],
      kinds: [],
    })
    expect(await arrive({ address: '203.0.113.99' })).toMatchObject({
      heard: [{ isFirst: false, isKnownDevice: true, isKnownNetwork: true }],
      kinds: [],
    })
    expect(await arrive({ address: PHONE, userAgent: AGENTS.android })).toMatchObject({
      heard: [{ isFirst: false, isKnownDevice: false, isKnownNetwork: false }],
      kinds: ['new_device', 'new_network'],
    })
    expect(await arrive({ address: PHONE, userAgent: AGENTS.newerFirefox })).toMatchObject({
      heard: [{ isKnownDevice: true, isKnownNetwork: true }],
      kinds: [],
    })
  })

  it('is compared with what was seen of the person, also when no session is left', async () => {
    const { arrive } = scene()
    const { browser } = await arrive()
    await browser.visit((session) => session.signOut())
    expect((await arrive({ userAgent: AGENTS.chrome })).kinds).toEqual(['new_device'])
    expect((await arrive({}, 'bob')).kinds).toEqual([])
  })

  it('ASVS 6.3.5: from where nobody gets in the time is told as that', async () => {
    const places: Record<string, { latitude: number; longitude: number }> = {
      [HOME]: { latitude: 48.2, longitude: 16.4 },
      [VPN]: { latitude: -33.9, longitude: 151.2 },
    }
    const { arrive } = scene({ locate: async (address) => places[address] })
    await arrive()
    expect((await arrive({ address: VPN })).kinds).toEqual(['new_network', 'impossible_travel'])
  })

  it('a hook that takes its time delays no sign-in, and one that throws fails none', async () => {
    for (const onNewSignIn of [
      async () => new Promise(() => undefined),
      () => {
        throw new Error('no mail today')
      },
    ]) {
      const { signIn, sojourn } = watched({ onNewSignIn })
      await signIn()
      expect((await sojourn.list('alice')).sessions).toHaveLength(1)
    }
  })

  it('of somebody who acts for the person is not theirs', async () => {
    const { arrive, sojourn, suspicions } = scene()
    await arrive()
    const { browser } = await arrive({ address: VPN, userAgent: AGENTS.linux }, 'admin')
    await browser.visit((session) => session.impersonate('alice', { reason: 'ticket 7' }), {
      address: VPN,
      userAgent: AGENTS.linux,
    })
    await settle(sojourn)
    expect(suspicions).toEqual([])
  })

  it('is no longer told when the guard is closed', async () => {
    const { arrive, guard } = scene()
    await arrive()
    guard.close()
    expect(await arrive({ address: VPN })).toMatchObject({ heard: [], kinds: [] })
  })
})
