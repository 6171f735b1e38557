import { describe, expect, it } from 'vitest'
import { InvalidOption } from '../../src/errors.js'
import { serializeChallenge, sessionChallenge } from '../../src/response/challenge.js'
import { createProblem } from '../../src/response/problem.js'

describe('createProblem', () => {
  it('has the members of RFC 9457, a stable code, and the names older clients read', () => {
    const facts = {
      status: 401,
      code: 'session_ended',
      detail: 'Please sign in again.',
      reason: 'expired_idle',
    } as const
    expect(createProblem(facts)).toEqual({
      type: 'about:blank',
      title: 'Unauthorized',
      status: 401,
      detail: 'Please sign in again.',
      code: 'session_ended',
      reason: 'expired_idle',
      error: 'Please sign in again.',
      message: 'Please sign in again.',
    })
  })

  it('leaves away what is not known', () => {
    expect(createProblem({ status: 503, code: 'store_unavailable' })).toEqual({
      type: 'about:blank',
      title: 'Service Unavailable',
      status: 503,
      code: 'store_unavailable',
      error: 'Service Unavailable',
      message: 'Service Unavailable',
    })
    expect(
      createProblem({ status: 418, code: 'x', title: 'Tea', type: 'https://t.example' }),
    ).toEqual({
      type: 'https://t.example',
      title: 'Tea',
      status: 418,
      code: 'x',
      error: 'Tea',
      message: 'Tea',
    })
  })
})

describe('challenges', () => {
  it('say realm and reason', () => {
    expect(sessionChallenge()).toBe('Cookie realm="sojourn"')
    expect(sessionChallenge('expired_idle')).toBe('Cookie realm="sojourn", reason="expired_idle"')
    expect(sessionChallenge(undefined, 'shop')).toBe('Cookie realm="shop"')
  })

  it('quote as RFC 9110 section 5.6.4 says', () => {
    expect(serializeChallenge('Bearer', { a: 'say "hi" \\ bye', b: undefined, c: '' })).toBe(
      'Bearer a="say \\"hi\\" \\\\ bye", c=""',
    )
    expect(serializeChallenge('Bearer', {})).toBe('Bearer')
  })

  it.each([
    ['Bear er', {}],
    ['', {}],
    ['Bearer', { 'a b': 'x' }],
    ['Bearer', { a: 'x\r\nSet-Cookie: evil=1' }],
    ['Bearer', { a: '\u0000' }],
    ['Bearer', { a: '\u007f' }],
    ['Bearer', { a: 'é' }],
  ])('refuse %j %j', (scheme, parameters: Record<string, string>) => {
    expect(() => serializeChallenge(scheme, parameters)).toThrow(InvalidOption)
  })
})
