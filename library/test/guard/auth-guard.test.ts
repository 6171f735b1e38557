import { describe, expect, it } from 'vitest'
import { createAuthCheck } from '../../src/guard/auth-guard.js'
import type { GuardedSession } from '../../src/guard/session-guard.js'

/** A session of alice by token, with what the test is about. */
function session(more: object = {}): GuardedSession {
  return {
    isSignedIn: true,
    endReason: undefined,
    resolution: { state: 'active', record: { traits: {} } },
    isRecent: () => true,
    schemes: ['Bearer'],
    facts: { acr: 'phr' },
    claims: { audience: ['a', 'b'], scope: ['read'] },
    ...more,
  } as unknown as GuardedSession
}

const byCookie = { claims: undefined, schemes: ['Cookie', 'Bearer'] }

describe('the check of a route', () => {
  it('without rules wants somebody signed in, and no more', () => {
    expect(createAuthCheck({})(session())).toBeUndefined()
    const nobody = session({ isSignedIn: false, resolution: { state: 'none' } })
    expect(createAuthCheck({})(nobody)).toMatchObject({ status: 401, code: 'session_missing' })
  })

  it('asks who comes before what they may, whatever order the rules are written in', () => {
    const check = createAuthCheck({ maxAge: '1m', acr: 'x', scope: 'write', audience: 'c' })
    const codes = [
      session({ isSignedIn: false, resolution: { state: 'none' } }),
      session({ isRecent: () => false }),
      session({ claims: { audience: ['c'], scope: [] } }),
      session({ claims: { audience: ['c'], scope: ['write'] } }),
      session({
        claims: { audience: ['c'], scope: ['write'] },
        facts: { acr: 'x' },
        isRecent: () => false,
      }),
    ].map((one) => check(one)?.code)
    expect(codes).toEqual([
      'session_missing',
      'audience_mismatch',
      'insufficient_scope',
      'reauthentication_required',
      'reauthentication_required',
    ])
    const fine = session({ claims: { audience: ['c'], scope: ['write'] }, facts: { acr: 'x' } })
    expect(check(fine)).toBeUndefined()
  })

  it('holds a cookie to be for this application and for all of it', () => {
    const check = createAuthCheck({ scope: ['write'], audience: 'c' })
    expect(check(session(byCookie))).toBeUndefined()
    expect(check(session())).toMatchObject({ status: 401, code: 'audience_mismatch' })
  })

  it('takes any of several levels, and no level for none of them', () => {
    const check = createAuthCheck({ acr: ['x', 'phr'] })
    expect(check(session())).toBeUndefined()
    expect(check(session({ facts: { acr: undefined } }))).toMatchObject({ acr: 'x phr' })
    expect(createAuthCheck({ acr: [] })(session())).toBeUndefined()
  })

  it('says in seconds how recent it has to be, and passes milliseconds to the session', () => {
    const asked: number[] = []
    const isRecent = (milliseconds: number): boolean => asked.push(milliseconds) === 0
    const refusal = createAuthCheck({ maxAge: '5m' })(session({ isRecent }))
    expect(asked).toEqual([300_000])
    expect(refusal).toMatchObject({ status: 401, maxAge: 300 })
    expect(() => createAuthCheck({ maxAge: 'soon' as never })).toThrow(/maxAge/)
  })
})
