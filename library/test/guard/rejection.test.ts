import { describe, expect, it } from 'vitest'
import { TOKEN_MESSAGES } from '../../src/credential/jwt/index.js'
import { describeRejection, isTokenProblem } from '../../src/guard/rejection.js'
import type { RejectionCode } from '../../src/session/resolve.js'

/** What the catalogue of bad inputs says of the header, word for word. */
const CATALOGUE = [
  ['header-01', 'token_missing', 401, 'Authorization header has no token.'],
  ['header-02', 'invalid_request', 400, 'Authorization header is malformed.'],
  ['header-03', 'scheme_unsupported', 401, 'Use a Bearer or DPoP token.'],
  ['header-04', 'header_duplicate', 400, 'The Authorization header was sent twice.'],
  ['jwt-02', 'token_too_large', 401, 'The token is larger than 8192 bytes.'],
  ['jwt-03', 'typ_mismatch', 401, 'This is not an access token.'],
  ['jwt-13', 'kid_unknown', 401, 'The token was signed with an unknown key.'],
] as const

describe('a refused credential', () => {
  it.each(CATALOGUE)('has the words of %s', (_id, code, status, message) => {
    expect(describeRejection(code)).toEqual([status, message])
  })

  it('is told in a sentence, whatever was wrong with the token', () => {
    for (const code of Object.keys(TOKEN_MESSAGES) as RejectionCode[]) {
      const [status, message] = describeRejection(code)
      expect([code, status]).toEqual([code, 401])
      expect(message).toMatch(/^[A-Z].*\.$/)
    }
  })

  it('is veiled in production where it says what is wrong with an access token, and nowhere else', () => {
    const veiled = Object.keys(TOKEN_MESSAGES).filter((code) => code !== 'token_missing')
    for (const code of [...veiled, 'token_stale'])
      expect([code, isTokenProblem(code)]).toEqual([code, true])
    const open = [
      'token_missing',
      'session_ended',
      'session_missing',
      'credentials_conflict',
      'invalid_request',
    ]
    for (const code of [
      ...open,
      'header_duplicate',
      'scheme_unsupported',
      'toString',
      '__proto__',
    ]) {
      expect([code, isTokenProblem(code)]).toEqual([code, false])
    }
  })
})
