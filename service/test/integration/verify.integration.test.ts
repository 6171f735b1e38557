/** A resource server that has nothing but `sojourn/verify`, in front of the running service. */
import { randomBytes } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { createVerifier } from 'sojourn/verify'
import { startService } from '../support/service.js'
import { VARIANTS } from '../support/variants.js'

const PASSWORD = 'correct horse battery 9'

describe.each(VARIANTS)('sojourn/verify, with the service on $name', (variant) => {
  it('verifies with the published keys, and hears of ends over the revocation feed well within its bound', async () => {
    const ground = await variant.start()
    const secret = randomBytes(32).toString('base64url')
    await using service = await startService({
      ...ground.environment,
      OAUTH_CLIENTS: `gateway:${secret}`,
    })
    const metadata = await (
      await fetch(`${service.url}/.well-known/oauth-authorization-server`)
    ).json()
    const { issuer } = metadata as { issuer: string }
    const faults: Error[] = []
    const verifier = createVerifier({
      issuer,
      audience: issuer,
      jwks: `${service.url}/.well-known/jwks.json`,
      longestLifetime: '15m',
      revocations: {
        url: `${service.url}/oauth/revocations`,
        client: { id: 'gateway', secret },
        maxStaleness: '5s',
      },
      onFault: (fault) => faults.push(fault),
    })
    const enter = async (
      username: string,
    ): Promise<{ token: string; leave: () => Promise<unknown> }> => {
      const client = service.client()
      const answer = await client.post('/register', { username, password: PASSWORD })
      const { tokens } = answer.json<{ tokens: { accessToken: string } }>()
      return { token: tokens.accessToken, leave: () => client.post('/logout') }
    }
    // A token says the second in which it was issued. In the one in which the service began to listen for ends, some
    // may have gone unheard: such tokens are refused.
    await new Promise((resolve) => setTimeout(resolve, 1_000))
    const [ada, bob] = [await enter('ada'), await enter('bob')]
    expect(await verifier.verify(ada.token)).toMatchObject({ ok: true })
    expect(await verifier.verify(bob.token)).toMatchObject({ ok: true })

    await ada.leave()
    const begunAt = performance.now()
    let verdict = await verifier.verify(ada.token)
    while (verdict.ok && performance.now() - begunAt < 5_000) {
      await new Promise((resolve) => setTimeout(resolve, 20))
      verdict = await verifier.verify(ada.token)
    }
    expect(verdict).toMatchObject({ ok: false, code: 'session_ended' })
    expect(await verifier.verify(bob.token)).toMatchObject({ ok: true })

    // All sessions of a person at once.
    const carol = await enter('carol')
    const again = service.client()
    await again.post('/login', { username: 'carol', password: PASSWORD })
    expect(await verifier.verify(carol.token)).toMatchObject({ ok: true })
    await again.post('/logout-all')
    await expect
      .poll(async () => (await verifier.verify(carol.token)).ok, { timeout: 5_000 })
      .toBe(false)
    expect(faults).toEqual([])
    verifier.close()
    await ground.stop()
  })
})
