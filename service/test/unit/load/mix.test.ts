import { describe, expect, it } from 'vitest'
import {
  createTurns,
  DEFAULT_MIX,
  mixText,
  OPERATIONS,
  parseMix,
  type Operation,
} from '../../../src/load/mix.js'

describe('the mix of a load test', () => {
  it('reads shares of any sum, and takes what is not named as not done', () => {
    expect(parseMix('read=8, write=1.5')).toEqual({
      'sign-in': 0,
      read: 8,
      write: 1.5,
      refresh: 0,
      'sign-out': 0,
    })
    expect(parseMix(mixText(DEFAULT_MIX))).toEqual(DEFAULT_MIX)
  })

  it('says what is wrong, and what was probably meant', () => {
    const said = {
      'raed=1': '"raed" is nothing that people do here. Did you mean read?',
      'login=1': 'Did you mean sign-in?',
      'Logout=1': 'Did you mean sign-out?',
      'dance=1': '"dance" is nothing that people do here. There are sign-in, read, write,',
      '': '"" is nothing that people do here.',
      'read=1,read=2': 'read stands there twice.',
      read: 'read needs a share, such as read=10.',
      'read=': 'read needs a share',
      'read=-1': 'read needs a share',
      'read=1=2': 'read needs a share',
      'read=NaN': 'read needs a share',
      'read=0,write=0': 'Every share is 0.',
    }
    for (const [text, words] of Object.entries(said)) {
      expect(parseMix(text), text).toEqual(expect.stringContaining(words))
    }
  })

  it('shows no more than the beginning of what it was given, and that as text', () => {
    const refusal = parseMix(`\u001b[31m${'x'.repeat(500)}=1`)
    expect(refusal).toContain('\\u001b')
    expect((refusal as string).length).toBeLessThan(150)
  })

  it('keeps every share exactly, after any number of turns, without bursts', () => {
    const next = createTurns(DEFAULT_MIX)
    const done = new Map<Operation, number>()
    for (let turn = 1; turn <= 1_000; turn += 1) {
      const operation = next()
      done.set(operation, (done.get(operation) ?? 0) + 1)
      for (const one of OPERATIONS) {
        expect(Math.abs((done.get(one) ?? 0) - (turn * DEFAULT_MIX[one]) / 100)).toBeLessThan(1)
      }
    }
    expect(Object.fromEntries(done)).toEqual({
      'sign-in': 30,
      read: 800,
      write: 100,
      refresh: 50,
      'sign-out': 20,
    })
  })
})
