/** The security headers of our own pages, as browsers get them. */
import { expect, it } from 'vitest'
import { BY_HTTPS, production } from '../support/https.js'
import { startService } from '../support/service.js'

it('S3-63: policy and HSTS are built in for every page of our own, and allow nothing that helmet’s usual example would not', async () => {
  await using service = await startService(production())
  const client = service.client({ headers: BY_HTTPS })
  const login = { username: 'ada', password: 'correct horse battery 9' }
  const answers = [
    await client.page('/'),
    await client.page('/login'),
    await client.page('/dashboard'),
    await client.post('/register', login),
    await client.page('/dashboard'),
    await client.page('/nowhere'),
  ]
  expect(answers.map(({ status }) => status)).toEqual([200, 200, 303, 201, 200, 404])
  for (const { headers } of answers) {
    const policy = String(headers['content-security-policy'])
    const directives = new Map(
      policy.split(';').map((part) => {
        const [name = '', ...sources] = part.trim().split(' ')
        return [name, sources] as const
      }),
    )
    expect(directives.get('default-src')).toEqual(["'none'"])
    expect(headers['strict-transport-security']).toBe('max-age=31536000; includeSubDomains')
    expect(headers['x-content-type-options']).toBe('nosniff')
    expect(headers['x-frame-options']).toBe('DENY')
    if (!/html/.test(headers['content-type'] ?? '')) continue
    // There is one script in our pages and one style sheet; the answer's own nonce lets them in.
    expect(directives.get('script-src')).toEqual([expect.stringMatching(/^'nonce-[\w-]{22}'$/)])
    expect(directives.get('style-src')).toEqual(directives.get('script-src'))
    expect(directives.get('connect-src')).toEqual(["'self'"])
    expect(directives.get('img-src')).toEqual(["'self'"])
  }
})
