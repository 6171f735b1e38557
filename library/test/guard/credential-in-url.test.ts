import { describe, expect, it } from 'vitest'
import { createRefreshTokens } from '../../src/credential/refresh-token.js'
import { createSessionTokens } from '../../src/credential/session-token.js'
import { refuseCredentialInUrl } from '../../src/guard/credential-in-url.js'

const SECRET = 'a secret that is long enough for this: 0123456789'
const ID = 'AA.0123456789012345678901'

const codeOf = (target: string, authorization?: string): string | undefined =>
  refuseCredentialInUrl({ target, header: () => authorization })?.code

describe('an address', () => {
  it('that holds a credential is refused, under whatever name and of whatever length', () => {
    const access = `eyJhbGciOiJFZERTQSJ9.${'eyJzdWIiOiJ4In0'.repeat(5)}.${'A'.repeat(86)}`
    const refresh = [16, 32, 64].map((bytes) => createRefreshTokens([SECRET], bytes).mint(ID).token)
    const session = [16, 32, 64].map(
      (bytes) => createSessionTokens([SECRET], bytes).mint('AA').token,
    )
    for (const token of [access, ...refresh, ...session]) {
      for (const target of [
        `/?t=${token}`,
        `/a/b?x=1&y=${token}&z=2`,
        `/?a=b;t=${token}`,
        `/?${'x=1&'.repeat(50)}t=${token}`,
      ]) {
        expect([target, codeOf(target)]).toEqual([target, 'credential_in_url'])
      }
    }
    const names = ['access_token', 'ACCESS_TOKEN', 'refresh_token', 'refreshToken', 'accessToken']
    for (const name of [
      ...names,
      'id_token',
      'bearer_token',
      'session-token',
      'jwt',
      'authorization',
    ]) {
      expect([name, codeOf(`/?${name}=x`)]).toEqual([name, 'credential_in_url'])
      expect([name, codeOf(`/?a=1&${name}=`)]).toEqual([name, 'credential_in_url'])
    }
  })

  it('that holds one beside the Authorization header is one too many', () => {
    expect(codeOf('/?access_token=x', 'Bearer y')).toBe('invalid_request')
    expect(codeOf('/?access_token=x', 'bearer y')).toBe('invalid_request')
    expect(codeOf('/?access_token=x', 'Basic y')).toBe('credential_in_url')
    expect(codeOf('/?page=2', 'Bearer y')).toBeUndefined()
  })

  it('that only looks a little like it is let through', () => {
    const fine = [
      '/',
      '/?',
      '/access_token=x',
      '/?q=access_token',
      '/?token_type=x',
      '/?csrf_token=x',
      '/?q=eyJ',
      '/?version=1.2.3',
      '/?q=rt.example.com',
      '/?cursor=AA.0123456789012345678901',
      '/?file=my.very-long-file-name-that-goes-on.and-on.txt',
      '/?returnTo=%2Fdashboard%3Fpage%3D2',
    ]
    for (const target of fine) expect([target, codeOf(target)]).toEqual([target, undefined])
  })

  it('is judged in a time that its length bounds', () => {
    const started = performance.now()
    for (const part of ['&access_token', '=eyJAAAAAAAA.', '=rt.AA.', 'A', '&', '=']) {
      codeOf(`/?${part.repeat(16_000 / part.length)}`)
    }
    expect(performance.now() - started).toBeLessThan(250)
  })
})
