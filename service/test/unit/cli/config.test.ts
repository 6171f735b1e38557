import { describe, expect, it } from 'vitest'
import { VARIABLES } from '../../../src/config/variables.js'
import { shell } from './support.js'

describe('sojourn config', () => {
  it('ASVS 7.1.1: --explain prints the limits, their policy, its source and its reason', async () => {
    const { sojourn } = shell({ SESSION_POLICY: 'nist-aal2' })
    const { code, out } = await sojourn('config --explain')
    expect(code).toBe(0)
    expect(out).toContain('mode production, policy nist-aal2')
    expect(out).toContain('SESSION_IDLE = 1h  [policy]')
    expect(out).toContain('SESSION_TTL = 24h  [policy]')
    expect(out).toContain(
      'Policy: nist-aal2: at most 24h (NIST SP 800-63B-4 section 2.2.3: overall SHOULD be no more than 24 hours).',
    )
    for (const name of Object.keys(VARIABLES)) expect(out).toContain(`${name} = `)
  })

  it('shows no secret, in any form', async () => {
    const { sojourn, environment } = shell({
      REDIS_URL: 'rediss://me:aGoodPassword9@redis.example',
    })
    const secrets = [
      environment.SESSION_SECRET,
      environment.REFRESH_SECRET,
      'aGoodPassword9',
      'PRIVATE KEY',
    ]
    for (const line of ['config', 'config --explain', 'config --json']) {
      const { code, out } = await sojourn(line)
      expect(code).toBe(0)
      for (const secret of secrets) expect(out).not.toContain(secret)
    }
  })

  it('a configuration that is refused is not explained', async () => {
    const { sojourn } = shell({ SESSION_POLICY: 'nist-aal3', SESSION_TTL: '24h' })
    const { code, error, out } = await sojourn('config')
    expect([code, out]).toEqual([78, ''])
    expect(error).toContain('SESSION_TTL (24h) is more than SESSION_POLICY=nist-aal3 allows (12h).')
  })
})
