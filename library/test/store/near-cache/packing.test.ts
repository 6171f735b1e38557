import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { markSeen, pack, unpack, type Found } from '../../../src/store/near-cache/packing.js'
import { END_REASONS } from '../../../src/store/end-reason.js'
import { TRAITS, type TraitName } from '../../../src/store/record.js'

/** Anything a string can hold, half of a surrogate pair too. */
const text = fc.string({
  unit: fc.oneof(fc.nat(0x7f), fc.nat(0xffff)).map((code) => String.fromCharCode(code)),
  maxLength: 300,
})
const whole = fc.oneof(fc.nat(300), fc.maxSafeNat())
const instant = fc.integer({ min: 0, max: 8_640_000_000_000_000 })
const maybe = <Value>(value: fc.Arbitrary<Value>) => fc.option(value, { nil: undefined })
const mapOf = <Value>(value: fc.Arbitrary<Value>) =>
  fc.array(fc.tuple(text, value), { maxLength: 8 }).map((entries) => new Map(entries))
const plain = <Shape extends object>(shape: { [Name in keyof Shape]: fc.Arbitrary<Shape[Name]> }) =>
  fc.record(shape, { noNullPrototype: true })
const reason = fc.constantFrom(...END_REASONS)

const found: fc.Arbitrary<Found> = plain({
  status: fc.constant('found'),
  now: instant,
  subject: plain({
    epoch: whole,
    epochReason: maybe(reason),
    isDisabled: fc.constant(false),
    version: whole,
    attributes: mapOf(text),
  }),
  record: plain({
    id: text,
    subject: maybe(text),
    secretDigest: text,
    previousDigest: maybe(text),
    previousUntil: maybe(instant),
    createdAt: instant,
    lastSeenAt: instant,
    authenticatedAt: maybe(instant),
    idleTimeout: whole,
    absoluteExpiresAt: instant,
    endsAs: maybe(reason),
    epoch: whole,
    revision: whole,
    family: maybe(
      plain({
        seedDigest: text,
        generation: whole,
        parent: maybe(fc.nat()),
        rotatedAt: instant,
        isPresented: fc.boolean(),
        expiresAt: instant,
      }),
    ),
    traits: fc.dictionary(fc.constantFrom(...(Object.keys(TRAITS) as TraitName[])), text, {
      noNullPrototype: true,
    }),
    data: mapOf(plain({ json: text, revision: whole })),
  }),
})

describe('packing', () => {
  it('gives back what was packed, whatever it is', () => {
    fc.assert(
      fc.property(found, fc.nat(100_000), fc.nat(100_000), (answer, sentAt, passed) => {
        const packed = pack(answer, sentAt)
        expect(unpack(packed, sentAt + passed)).toStrictEqual({
          ...answer,
          now: answer.now + passed,
        })
      }),
      { numRuns: 500 },
    )
  })

  it('keeps the order of the data', () => {
    const answer = sample()
    const [first, second] = [...unpack(pack(answer, 0), 0).record.data.keys()]
    expect([first, second]).toEqual(['z', 'a'])
  })

  it('holds on to nothing of what it was given', () => {
    const answer = sample()
    const { row, numbers, ...rest } = pack(answer, 0)
    const held = Object.values(rest).filter((value) => typeof value === 'object')
    expect([typeof row, numbers.every((value) => typeof value === 'number')]).toEqual([
      'string',
      true,
    ])
    expect(held).toEqual([])
  })

  it('marks as seen, never as seen earlier', () => {
    const packed = pack(sample(), 10)
    markSeen(packed, { lastSeenAt: 70, now: 80 }, 20)
    markSeen(packed, { lastSeenAt: 60, now: 80 }, 20)
    const { record, now } = unpack(packed, 25)
    expect({ ...record, now }).toEqual({ ...sample().record, lastSeenAt: 70, now: 85 })
  })

  it('refuses numbers that are none rather than to pack others', () => {
    for (const revision of [-1, 0.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53]) {
      const answer = sample()
      const record = { ...answer.record, revision }
      expect(() => pack({ ...answer, record }, 0)).toThrow(RangeError)
    }
  })
})

function sample(): Found {
  return {
    status: 'found',
    now: 50,
    subject: {
      epoch: 1,
      epochReason: 'logged_out',
      isDisabled: false,
      version: 2,
      attributes: new Map([['role', '"admin"']]),
    },
    record: {
      id: 'AA.one',
      subject: 'ann',
      secretDigest: 'digest',
      previousDigest: undefined,
      previousUntil: undefined,
      createdAt: 1,
      lastSeenAt: 40,
      authenticatedAt: 2,
      idleTimeout: 1_000,
      absoluteExpiresAt: 5_000,
      endsAs: undefined,
      epoch: 1,
      revision: 3,
      family: undefined,
      traits: { agent: 'Firefox' },
      data: new Map([
        ['z', { json: '1', revision: 1 }],
        ['a', { json: '2', revision: 3 }],
      ]),
    },
  }
}
