import { describe, expect, it } from 'vitest'
import { Crowd } from '../../../src/load/crowd.js'
import { DEFAULT_MIX, OPERATIONS, parseMix, type Mix } from '../../../src/load/mix.js'
import { createPerson, settle, toCall, type Person } from '../../../src/load/person.js'
import type { Outcome } from '../../../src/load/recorder.js'
import type { Reply } from '../../../src/load/wire.js'

const PAIR = { accessToken: 'access-1', refreshToken: 'refresh-1' }

function reply(outcome: Outcome, facts: Partial<Reply> = {}): Reply {
  const rest = { setCookie: [], retryAfter: undefined, served: 1, bytes: { received: 1, sent: 1 } }
  return { outcome, body: '', ...rest, ...facts }
}

const SIGNED_IN = reply(200, {
  body: JSON.stringify({ user: {}, tokens: PAIR }),
  setCookie: ['session=abc; Path=/; HttpOnly', 'device-1a2b=known; Max-Age=9999'],
})

function signedIn(showing: 'cookie' | 'bearer' = 'cookie'): Person {
  const person = createPerson('load-1', 'a password', showing)
  settle(person, 'sign-in', SIGNED_IN)
  return person
}

describe('a person of a load test', () => {
  it('goes on with the cookies and tokens that were given last', () => {
    const person = signedIn('bearer')
    expect(toCall(person, 'read').headers).toEqual({ Authorization: 'Bearer access-1' })
    expect(toCall(person, 'refresh').body).toBe('{"refreshToken":"refresh-1"}')
    const next = { accessToken: 'access-2', refreshToken: 'refresh-2' }
    expect(settle(person, 'refresh', reply(200, { body: JSON.stringify(next) }))).toBe(true)
    expect(toCall(person, 'read').headers).toEqual({ Authorization: 'Bearer access-2' })
    settle(person, 'write', reply(200, { setCookie: ['session=def; Path=/'] }))
    expect(toCall(person, 'sign-out').headers).toMatchObject({
      Cookie: 'session=def; device-1a2b=known',
    })
  })

  it('shows one credential at a time, and writes something else each time', () => {
    const person = signedIn('cookie')
    expect(toCall(person, 'read').headers).toEqual({ Cookie: 'session=abc; device-1a2b=known' })
    expect([1, 2].map(() => toCall(person, 'write').body)).toEqual(['{"load":1}', '{"load":2}'])
  })

  it('is signed out by a sign-out and by a 401, and keeps the device', () => {
    for (const [operation, answer] of [
      ['sign-out', reply(200)],
      ['sign-out', reply('timeout')],
      ['read', reply(401)],
      ['refresh', reply(401)],
    ] as const) {
      const person = signedIn()
      expect(settle(person, operation, answer), operation).toBe(false)
      expect([...person.jar.keys()]).toEqual(['device-1a2b'])
      expect(person.tokens).toBeUndefined()
    }
  })

  it('stays signed in where the service is away, busy or unheard', () => {
    for (const outcome of [503, 429, 500, 'timeout', 'connection'] as const) {
      for (const operation of ['read', 'write', 'refresh'] as const) {
        const person = signedIn()
        expect(settle(person, operation, reply(outcome))).toBe(true)
        expect([person.jar.get('session'), person.tokens]).toEqual(['abc', PAIR])
      }
    }
    const person = signedIn()
    expect(settle(person, 'sign-in', reply(401))).toBe(true)
    expect(settle(person, 'sign-out', reply(503))).toBe(true)
  })

  it('drops cookies that are taken back', () => {
    const person = signedIn()
    settle(person, 'read', reply(200, { setCookie: ['session=; Max-Age=0; Path=/'] }))
    expect(person.jar.has('session')).toBe(false)
  })
})

describe('the crowd of a load test', () => {
  const crowdOf = (people: Person[], mix: Mix): Crowd => new Crowd(people, mix, OPERATIONS)

  it('lets nobody do two things at once', () => {
    const crowd = crowdOf([signedIn(), signedIn()], DEFAULT_MIX)
    const steps = [crowd.next(), crowd.next()]
    expect(steps.every((step) => step !== undefined)).toBe(true)
    expect(crowd.next()).toBeUndefined()
    steps[0]?.settle(reply(200))
    expect(crowd.next()).toBeDefined()
    expect(crowd.next()).toBeUndefined()
  })

  it('signs in again who was thrown out, whatever the mix says', () => {
    const crowd = crowdOf([signedIn()], parseMix('read=1') as Mix)
    expect(crowd.operations).toEqual(['sign-in', 'read'])
    const first = crowd.next()
    expect(first?.operation).toBe('read')
    first?.settle(reply(401))
    const second = crowd.next()
    expect(second?.operation).toBe('sign-in')
    second?.settle(SIGNED_IN)
    expect(crowd.next()?.operation).toBe('read')
  })

  it('lets those sign in first who are signed out', () => {
    const out = createPerson('load-2', 'a password', 'cookie')
    const crowd = crowdOf([signedIn(), out, signedIn()], parseMix('sign-in=1') as Mix)
    expect(crowd.next()?.call.body).toContain('load-2')
    expect(crowd.next()?.call.body).toContain('load-1')
  })
})
