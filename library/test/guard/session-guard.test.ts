import { describe, expect, it } from 'vitest'
import {
  refuseAmbiguous,
  refuseUnlessRecent,
  refuseUnlessSignedIn,
  type GuardedSession,
} from '../../src/guard/session-guard.js'

const CONFIRM = 'Please confirm that it is you.'
const ENDED = 'The session does not exist or has ended.'

function session(resolution: object, more: object = {}): GuardedSession {
  return {
    isSignedIn: false,
    endReason: undefined,
    isRecent: () => false,
    schemes: ['Cookie', 'Bearer'],
    resolution,
    ...more,
  } as unknown as GuardedSession
}

const active = (record: object) => ({ state: 'active', record: { traits: {}, ...record } })
const guest = active({})
const alice = session(active({}), { isSignedIn: true })
const pending = session(active({ traits: { awaits: 'otp' } }), { isSignedIn: true })

describe('a guard that wants somebody signed in', () => {
  it.each([
    ['nobody', { state: 'none' }, 'session_missing', undefined],
    ['a guest', guest, 'session_missing', undefined],
    [
      'a guest of before a sign-in',
      active({ endsAs: 'signed_in' }),
      'session_rotated',
      'signed_in',
    ],
    ['a guest who is about to end', active({ endsAs: 'logged_out' }), 'session_missing', undefined],
    ['expired', { state: 'expired', reason: 'expired_idle' }, 'session_ended', 'expired_idle'],
    ['revoked', { state: 'revoked', reason: 'revoked_admin' }, 'session_ended', 'revoked_admin'],
    ['unknown', { state: 'rejected', code: 'session_unknown' }, 'session_unknown', 'unknown'],
    [
      'two people',
      { state: 'rejected', code: 'credentials_conflict' },
      'credentials_conflict',
      undefined,
    ],
  ])('refuses %s', (_who, resolution, code, reason) => {
    const refusal = refuseUnlessSignedIn(session(resolution))
    expect(refusal).toMatchObject({ code, schemes: ['Cookie', 'Bearer'] })
    expect(refusal?.reason).toBe(reason)
    expect(refusal?.message).not.toBe('')
    if (code === 'session_ended') expect(refusal?.message).toBe(ENDED)
  })

  it('tells whoever shows a token no more than that its session is over', () => {
    const revoked = { state: 'revoked', reason: 'logged_out' }
    const message = (schemes: readonly string[]) =>
      refuseUnlessSignedIn(session(revoked, { schemes }))?.message
    expect(message(['Bearer'])).toBe('The session has ended.')
    expect(message(['Cookie', 'Bearer'])).toBe(ENDED)
    expect(refuseUnlessSignedIn(session({ state: 'none' }, { schemes: ['Bearer'] }))?.message).toBe(
      'No session. Please sign in.',
    )
  })

  it('lets one through whose session ended while it was used only until then', () => {
    expect(refuseUnlessSignedIn(session(guest, { endReason: 'logged_out' }))).toMatchObject({
      code: 'session_ended',
      reason: 'logged_out',
    })
    expect(refuseUnlessSignedIn(alice)).toBeUndefined()
  })

  it('wants the proof that the session awaits, but where it is given', () => {
    expect(refuseUnlessSignedIn(pending)).toEqual({
      status: 401,
      code: 'reauthentication_required',
      message: CONFIRM,
      check: 'pending',
      schemes: ['Cookie', 'Bearer'],
    })
    expect(refuseUnlessSignedIn(pending, { mayBePending: true })).toBeUndefined()
  })

  it('wants a recent sign-in, and says in seconds how recent', () => {
    expect(refuseUnlessRecent(alice, 90_500)).toEqual({
      status: 401,
      code: 'reauthentication_required',
      message: CONFIRM,
      maxAge: 90,
      schemes: ['Cookie', 'Bearer'],
    })
    expect(refuseUnlessRecent(session(guest), 1_000)?.code).toBe('session_missing')
  })
})

describe('a guard that lets anybody through', () => {
  it.each([
    [{ state: 'none' }, undefined],
    [guest, undefined],
    [{ state: 'rejected', code: 'session_unknown' }, undefined],
    [{ state: 'rejected', code: 'credentials_conflict' }, 400],
    [{ state: 'rejected', code: 'header_duplicate' }, 400],
    [{ state: 'rejected', code: 'invalid_request' }, 400],
  ])('says of %j: %s', (resolution, status) => {
    const refusal = refuseAmbiguous(session(resolution))
    expect(refusal?.status).toBe(status)
    if (status !== undefined) expect(refusal?.schemes).toEqual(['Cookie', 'Bearer'])
  })
})
