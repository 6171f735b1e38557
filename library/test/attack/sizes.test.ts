/** What we send fits into what its receivers take: browsers, proxies, and our own clients. */
import { describe, expect, it } from 'vitest'
import { createSojourn } from '../../src/sojourn.js'
import { serializeCookie } from '../../src/response/cookie.js'
import { fetchBytes } from '../../src/verify/fetch-json.js'
import { Browser, incoming } from '../support/browser.js'
import { scene, SECRET, TOKENS } from '../support/sojourn.js'

/** What nginx and Node take of one line and of a whole head unless told otherwise. */
const LINE = 8_192

describe('sizes', () => {
  it('ASVS 4.2.5: no cookie and no token is made that its receiver would refuse, whatever a session holds', async () => {
    const { sojourn } = scene({
      secretBytes: 64,
      cookie: { name: `__Host-${'n'.repeat(90)}` },
      tokens: {
        ...TOKENS,
        maxClaimBytes: 60_000,
        allowedClaims: ['big'],
        refresh: { seedBytes: 64 },
        claims: ({ attributes }) => ({ big: 'x'.repeat(Number(attributes['size'] ?? 0)) }),
      },
    })
    const browser = new Browser(sojourn)
    const issue = () => browser.visit((session) => session.issueTokens())
    await browser.visit(async (session) => {
      await session.signIn('a'.repeat(200))
      session.set('data', 'd'.repeat(60_000))
    })
    const tokens = await issue()
    const { cookies } = sojourn.tokens.cookies(tokens, incoming(browser.cookie))
    const sent = [browser.cookie ?? '', ...cookies.map((line) => line.split(';')[0] ?? '')]
    for (const pair of sent) expect(Buffer.byteLength(pair)).toBeLessThanOrEqual(4_096)
    // All of them in one header, with the largest settings there are.
    expect(sent.join('; ').length).toBeLessThan(LINE)
    // Claims grow until the token would be too long for the verifier; the one that would be is never signed.
    let longest = 0
    let refused = 0
    for (const size of [1_000, 5_000, 5_500, 6_000, 20_000]) {
      await sojourn.patchSubject('a'.repeat(200), { size })
      try {
        const { accessToken } = await issue()
        longest = Math.max(longest, accessToken.length)
        const { result } = await new Browser(sojourn).request(
          async (session) => (await session.load(), session.state),
          { bearer: accessToken },
        )
        expect(result).toBe('active')
      } catch (error) {
        expect(error).toMatchObject({ code: 'ERR_TOKEN_CLAIMS' })
        refused += 1
      }
    }
    expect(longest).toBeGreaterThan(1_000)
    expect(longest).toBeLessThanOrEqual(LINE)
    expect(refused).toBeGreaterThan(0)
    expect(() => serializeCookie('n', 'v'.repeat(4_096), {})).toThrow(/4096/)
    expect(() => createSojourn({ secrets: SECRET, secretBytes: 65 })).toThrow(/secretBytes/)
  })

  it('ASVS 4.2.5: an answer to our own clients is read up to its bound, and no further', async () => {
    let sent = 0
    const endless = new ReadableStream<Uint8Array>({
      pull(controller) {
        sent += 1_024
        controller.enqueue(new Uint8Array(1_024))
      },
    })
    const fetch = (async () => new Response(endless)) as typeof globalThis.fetch
    const url = new URL('https://issuer.example/.well-known/jwks.json')
    const { signal } = new AbortController()
    await expect(
      fetchBytes({ fetch, url, headers: {}, maxBytes: 65_536, timeout: 1_000, signal }),
    ).rejects.toThrow('No usable answer from issuer.example.')
    expect(sent).toBeLessThan(65_536 + 8 * 1_024)
  })
})
