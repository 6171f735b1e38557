/** Who the client is and how it came, where somebody else may write headers about it. */
import { describe, expect, it } from 'vitest'
import { startService, type Service } from '../support/service.js'

const LOGIN = { username: 'ada', password: 'correct horse battery 9' }
const SPOOFED = {
  'X-Forwarded-For': '198.51.100.1',
  'X-Forwarded-Proto': 'https',
  'X-Forwarded-Host': 'evil.example',
  'X-Forwarded-Port': '443',
  'X-Real-IP': '198.51.100.2',
  'X-Client-IP': '198.51.100.3',
  'True-Client-IP': '198.51.100.4',
  'CF-Connecting-IP': '198.51.100.5',
  Forwarded: 'for=198.51.100.6;proto=https;host=evil.example',
}

/** Where requests came from, by the log. */
const addressesIn = (service: Service): Set<unknown> =>
  new Set(service.log().flatMap(({ address }) => (address === undefined ? [] : [address])))

describe('headers that proxies write', () => {
  it('ASVS 4.1.3: count for nothing from a peer that nobody trusts, and from a proxy only as far as it can know', async () => {
    await using open = await startService()
    const client = open.client({ headers: SPOOFED })
    const registered = await client.post('/register', LOGIN)
    expect(registered.status).toBe(201)
    for (const cookie of registered.cookies) expect(cookie).not.toMatch(/Secure|evil/)
    const page = await client.page('/nowhere')
    expect(page.headers).not.toHaveProperty('strict-transport-security')
    const away = await open.client({ headers: SPOOFED }).page('/dashboard')
    expect(away.headers.location).toBe('/login?returnTo=%2Fdashboard')
    const answers = registered.text + page.text + away.text + JSON.stringify(away.headers)
    expect(answers).not.toContain('evil.example')
    expect(addressesIn(open)).toEqual(new Set(['127.0.0.1']))
    expect(open.output()).not.toContain('198.51.100.')

    // A trusted one adds itself at the right; what stands further left than the first stranger is hearsay.
    await using trusting = await startService({ TRUST_PROXY: 'loopback, 10.0.0.0/8' })
    for (const [index, [chain, address]] of (
      [
        ['198.51.100.1, 203.0.113.9, 10.0.0.5', '203.0.113.9'],
        ['10.9.9.9, 203.0.113.8', '203.0.113.8'],
        ['198.51.100.1, not-an-address, 10.0.0.5', '10.0.0.5'],
      ] as const
    ).entries()) {
      const visitor = trusting.client({ headers: { ...SPOOFED, 'X-Forwarded-For': chain } })
      await visitor.post('/register', { ...LOGIN, username: `visitor${index}` })
      await visitor.get('/public')
      expect([chain, [...addressesIn(trusting)]]).toEqual([
        chain,
        expect.arrayContaining([address]),
      ])
    }
    expect(trusting.output()).not.toContain('198.51.100.')
  })
})
