import { describe, expect, it } from 'vitest'
import { bearerOf, readAuthorization } from '../../src/credential/authorization.js'
import { REFRESH_PREFIX } from '../../src/credential/refresh-token.js'

const JWT = 'eyJhbGciOiJFZERTQSJ9.eyJzdWIiOiJhIn0.c2ln'
const SESSION_TOKEN = `GJ.${'i'.repeat(22)}.${'s'.repeat(43)}`

describe('an Authorization header', () => {
  it.each([
    [undefined, { kind: 'nothing' }],
    [`Bearer ${JWT}`, { kind: 'bearer', token: JWT }],
    [`bEaReR   ${JWT}  `, { kind: 'bearer', token: JWT }],
    ['', { kind: 'refused', code: 'invalid_request' }],
    ['=', { kind: 'refused', code: 'invalid_request' }],
    [JWT, { kind: 'refused', code: 'scheme_unsupported' }],
    ['Basic YTpi', { kind: 'refused', code: 'scheme_unsupported' }],
    ['  Basic YTpi', { kind: 'refused', code: 'scheme_unsupported' }],
    [`DPoP ${JWT}`, { kind: 'refused', code: 'scheme_unsupported' }],
    ['Bearer', { kind: 'refused', code: 'token_missing' }],
    ['  Bearer   ', { kind: 'refused', code: 'token_missing' }],
    [`Bearer ${JWT} ${JWT}`, { kind: 'refused', code: 'invalid_request' }],
    ['Bearer a,b', { kind: 'refused', code: 'invalid_request' }],
    [`Bearer ${REFRESH_PREFIX}GJabc`, { kind: 'refused', code: 'typ_mismatch' }],
    [`Bearer ${SESSION_TOKEN}`, { kind: 'refused', code: 'typ_mismatch' }],
    // What only ends like one of ours is somebody else's.
    [`Bearer abc${REFRESH_PREFIX}`, { kind: 'bearer', token: `abc${REFRESH_PREFIX}` }],
  ])('%s', (header, presented) => {
    expect(readAuthorization(header, false)).toEqual(presented)
  })

  it.each([
    [`DPoP ${JWT}`, { kind: 'dpop', token: JWT }],
    [`dpop  ${JWT}`, { kind: 'dpop', token: JWT }],
    [`Bearer ${JWT}`, { kind: 'bearer', token: JWT }],
    ['DPoP', { kind: 'refused', code: 'token_missing' }],
    ['DPoP a b', { kind: 'refused', code: 'invalid_request' }],
    [`DPoP ${SESSION_TOKEN}`, { kind: 'refused', code: 'typ_mismatch' }],
    ['Digest a', { kind: 'refused', code: 'scheme_unsupported' }],
  ])('where DPoP is on: %s', (header, presented) => {
    expect(readAuthorization(header, false, true)).toEqual(presented)
  })

  it('sent twice is refused, whatever it says', () => {
    const refused = { kind: 'refused', code: 'header_duplicate' }
    expect(readAuthorization(`Bearer ${JWT}`, true)).toEqual(refused)
    expect(readAuthorization('Basic YTpi', true)).toEqual(refused)
  })

  it('gives its token of any kind where one is asked for', () => {
    expect(bearerOf(undefined)).toBeUndefined()
    expect(bearerOf('Basic YTpi')).toBeUndefined()
    expect(bearerOf(`Bearer ${SESSION_TOKEN}`)).toBe(SESSION_TOKEN)
  })
})
