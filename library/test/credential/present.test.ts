import { describe, expect, it } from 'vitest'
import { presentSessionToken } from '../../src/credential/present.js'
import { createSessionTokens } from '../../src/credential/session-token.js'
import { readCookies } from '../../src/request/cookies.js'

const tokens = createSessionTokens(['a secret of the tests that is long enough'], 32)
const { token } = tokens.mint('GJ')
const { token: other } = tokens.mint('GJ')
const present = (header: string | undefined, names: readonly string[] = ['sid', 'old']) =>
  presentSessionToken(readCookies(header, names), names, tokens)

describe('the session token among cookies', () => {
  it.each([
    [undefined, { kind: 'nothing' }],
    ['sid=; old=', { kind: 'nothing' }],
    ['another=1', { kind: 'nothing' }],
    [`sid=${token}`, { kind: 'token', cookieName: 'sid' }],
    [`old=${token}`, { kind: 'token', cookieName: 'old' }],
    [`sid=; old=${token}`, { kind: 'token', cookieName: 'old' }],
    // A bad one under the name of today does not hide a good one under an earlier name.
    [`sid=nonsense; old=${token}`, { kind: 'token', cookieName: 'old' }],
    ['sid=nonsense', { kind: 'refused', code: 'session_invalid' }],
    [`sid=${token.slice(0, -4)}AAAA`, { kind: 'refused', code: 'session_invalid' }],
    [`sid=${token}; sid=${other}`, { kind: 'refused', code: 'cookie_duplicate' }],
    [`sid=${'x'.repeat(20_000)}`, { kind: 'refused', code: 'header_too_large' }],
  ])('%s', (header, presented) => {
    expect(present(header)).toMatchObject(presented)
  })

  it('is that of the name of today where both are good', () => {
    const found = present(`old=${other}; sid=${token}`)
    expect(found).toMatchObject({ kind: 'token', cookieName: 'sid' })
  })
})
