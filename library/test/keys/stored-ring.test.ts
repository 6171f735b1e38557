import { describe, expect, it } from 'vitest'
import { InvalidInput, InvalidOption } from '../../src/errors.js'
import { createStoredKeyRing } from '../../src/keys/stored-ring.js'
import {
  ACCEPTED_FOR,
  DAY,
  jwk,
  MINUTE,
  newSecret,
  pem,
  privateKey,
  sign,
  signer,
  states,
  verdict,
  world,
} from './support.js'

describe('the life of a key', () => {
  it('a new ring makes itself a key, which signs at once', async () => {
    const { clock, ring } = world()
    const first = await ring()
    expect(first.describe(clock.now())).toMatchObject([
      { algorithm: 'EdDSA', origin: 'stored', state: 'active', isSigning: true, isHeld: true },
    ])
    const token = await sign(first, clock.now(), 60)
    expect(await verdict(first, token, clock.now())).toBe('ok')
  })

  it.each(['EdDSA', 'ES256', 'RS256'] as const)('makes keys for %s', async (algorithm) => {
    const { clock, ring } = world()
    const one = await ring({ algorithm })
    expect(one.signing().algorithm).toBe(algorithm)
    expect(one.warnings).toEqual([])
    expect(await verdict(one, await sign(one, clock.now(), 60), clock.now())).toBe('ok')
  })

  it('is published before it signs, for as long as caches keep the JWKS', async () => {
    const { clock, ring } = world()
    const one = await ring()
    const old = one.signing().kid
    const { kid = '' } = await one.admin.generate()
    expect(one.jwks().keys.map((key) => key.kid)).toEqual([kid, old])
    clock.advance(10 * MINUTE - 1)
    expect(await states(one, clock.now())).toEqual({ [old]: 'active', [kid]: 'published' })
    expect(await signer(one)).toBe(old)
    clock.advance(1)
    expect(await signer(one)).toBe(kid)
    expect(await states(one, clock.now())).toEqual({ [old]: 'active', [kid]: 'active' })
  })

  it('can be activated at a given instant, or at once', async () => {
    const { clock, ring } = world()
    const one = await ring()
    const { kid = '' } = await one.admin.generate({ activeAt: clock.now() + DAY })
    const { kid: now = '' } = await one.admin.generate({ activeAt: clock.now() })
    expect(await signer(one)).toBe(now)
    const change = await one.admin.activate(kid)
    expect(change).toMatchObject({ notes: ['early'], signers: [{ kid, at: clock.now() }] })
    expect(await signer(one)).toBe(kid)
    await one.admin.activate(now)
    expect(await signer(one)).toBe(now)
  })

  it('behaviour 16b: a retired key verifies until its last token has expired, then no more', async () => {
    const { clock, ring } = world()
    const one = await ring()
    const old = one.signing().kid
    await one.admin.rotate()
    clock.advance(10 * MINUTE - 1)
    const last = await sign(one, clock.now(), 15 * 60)
    clock.advance(1)
    expect(await signer(one)).not.toBe(old)
    expect((await states(one, clock.now()))[old]).toBe('retiring')
    clock.advance(15 * MINUTE - 2_000)
    expect(await verdict(one, last, clock.now())).toBe('ok')
    clock.advance(2_000)
    expect(await verdict(one, last, clock.now())).toBe('ERR_JWT_EXPIRED')
    const { revision } = one
    clock.advance(4_999)
    await one.ensureFresh()
    expect(one.find(old)).toBeDefined()
    clock.advance(1)
    await one.ensureFresh()
    expect(one.find(old)).toBeUndefined()
    expect(one.jwks().keys.map((key) => key.kid)).not.toContain(old)
    expect(one.revision).toBe(revision + 1)
  })

  it('the last key gets a successor before it retires', async () => {
    const { clock, ring } = world()
    const one = await ring()
    const old = one.signing().kid
    const change = await one.admin.retire(old)
    expect(change.notes).toEqual(['successor', 'early'])
    expect(await signer(one)).not.toBe(old)
    expect((await states(one, clock.now()))[old]).toBe('retiring')
    expect(change.impact).toEqual([{ kid: old, acceptedUntil: clock.now() + ACCEPTED_FOR }])
  })

  it('a key that is published already is the successor', async () => {
    const { ring } = world()
    const one = await ring()
    const { kid } = await one.admin.generate()
    await one.admin.retire(one.signing().kid)
    expect(await signer(one)).toBe(kid)
  })

  it('a rotation whose new key is taken away again still leaves one that signs', async () => {
    const { clock, ring } = world()
    const one = await ring()
    const old = one.signing().kid
    const { kid = '' } = await one.admin.rotate()
    const change = await one.admin.retire(kid)
    expect(change.notes).toContain('successor')
    clock.advance(10 * MINUTE)
    expect(await signer(one)).not.toBe(old)
    expect(await signer(one)).not.toBe(kid)
  })

  it('two rotations in a row: each retires the key that would sign then', async () => {
    const { clock, ring } = world()
    const one = await ring()
    const a = one.signing().kid
    const { kid: b = '' } = await one.admin.rotate()
    clock.advance(MINUTE)
    const { kid: c = '' } = await one.admin.rotate()
    clock.advance(9 * MINUTE)
    expect(await states(one, clock.now())).toEqual({
      [a]: 'retiring',
      [b]: 'active',
      [c]: 'published',
    })
    clock.advance(MINUTE)
    expect(await states(one, clock.now())).toEqual({
      [a]: 'retiring',
      [b]: 'retiring',
      [c]: 'active',
    })
  })

  it('a rotation may bring another algorithm', async () => {
    const { clock, ring } = world()
    const one = await ring()
    const before = await sign(one, clock.now(), 900)
    await one.admin.rotate({ algorithm: 'ES256', activeAt: clock.now() })
    await one.ensureFresh()
    expect(one.signing().algorithm).toBe('ES256')
    expect(await verdict(one, before, clock.now())).toBe('ok')
    expect(await verdict(one, await sign(one, clock.now(), 60), clock.now())).toBe('ok')
  })

  it('what is long gone is forgotten, and its private part at once', async () => {
    const { clock, ring, text } = world()
    const one = await ring()
    const old = one.signing().kid
    await one.admin.rotate({ activeAt: clock.now() })
    clock.advance(ACCEPTED_FOR)
    await one.admin.rotate({ activeAt: clock.now() })
    const kept = JSON.parse(await text()).keys.find((key: { kid: string }) => key.kid === old)
    expect(kept).toMatchObject({ retiredAt: expect.any(Number) })
    expect(kept).not.toHaveProperty('sealed')
    expect(await states(one, clock.now())).toMatchObject({ [old]: 'retired' })
    clock.advance(30 * DAY)
    await one.admin.rotate({ activeAt: clock.now() })
    expect(await text()).not.toContain(old)
  })
})

describe('keys from the options', () => {
  it('sign in their order until one is generated', async () => {
    const { ring, text } = world()
    const [newest, older] = [privateKey('ed25519'), pem(privateKey('p256'))]
    const one = await ring({
      keys: [
        { key: newest, kid: 'newest' },
        { key: older, kid: 'older' },
      ],
    })
    expect(one.signing().kid).toBe('newest')
    expect(await text()).toBe('')
    const { kid = '' } = await one.admin.generate({ activeAt: 1_704_067_200_000 })
    expect(await signer(one)).toBe(kid)
  })

  it('can be retired everywhere without a restart, and stay so', async () => {
    const { clock, ring } = world()
    const keys = [{ key: privateKey('ed25519'), kid: 'given' }]
    const [one, two] = [await ring({ keys }), await ring({ keys })]
    const token = await sign(two, clock.now(), 600)
    const change = await one.admin.retireNow('given')
    expect(change.notes).toEqual(['option', 'successor', 'early'])
    clock.advance(501)
    expect(await verdict(two, token, clock.now())).toBe('kid_unknown')
    expect(await signer(two)).not.toBe('given')
    clock.advance(100 * DAY)
    await one.admin.rotate({ activeAt: clock.now() })
    const three = await ring({ keys })
    expect(await verdict(three, token, clock.now())).toBe('kid_unknown')
  })

  it('keep their order where one is to retire later', async () => {
    const { ring } = world()
    const keys = ['a', 'b'].map((kid) => ({ key: privateKey('ed25519'), kid }))
    const one = await ring({ keys })
    await one.admin.activate('b')
    expect(await signer(one)).toBe('b')
    await one.admin.rotate()
    expect(await signer(one)).toBe('b')
  })

  it('that are taken out of the options are replaced where nothing else signs', async () => {
    const { clock, ring } = world()
    const one = await ring({ keys: [privateKey('ed25519')] })
    const given = one.signing().kid
    await one.admin.activate((await one.admin.generate({ activeAt: clock.now() + DAY })).kid ?? '')
    const two = await ring()
    expect(two.signing().kid).not.toBe(given)
  })
})

describe('what a stored ring refuses', () => {
  it.each([
    ['shared secrets', { keys: [{ algorithm: 'HS256' as const, secret: newSecret() }] }],
    ['a public key', { keys: [{ ...jwk(privateKey('p256')), d: undefined }] }],
    ['no wrapping secret', { wrappingSecrets: [] }],
    ['a short wrapping secret', { wrappingSecrets: ['x'.repeat(31)] }],
    ['an algorithm that is none', { algorithm: 'none' as never }],
    ['a shared algorithm', { algorithm: 'HS256' as never }],
    ['a negative duration', { maxAge: -1 }],
    ['a duration that is no number', { accessLifetime: Number.NaN }],
  ])('%s', (_what, options) => {
    const { store, secret } = world()
    const make = () =>
      createStoredKeyRing({ documents: store, wrappingSecrets: [secret], ...options })
    expect(make).toThrow(InvalidOption)
  })

  it('kids it does not know, and keys in the wrong state', async () => {
    const { clock, ring } = world()
    const one = await ring()
    const kid = one.signing().kid
    const refuses = async (call: Promise<unknown>): Promise<void> => {
      const error: unknown = await call.catch((fault: unknown) => fault)
      expect(error).toBeInstanceOf(InvalidInput)
      expect(error).toMatchObject({ field: 'kid' })
    }
    for (const verb of ['activate', 'retire', 'retireNow'] as const) {
      await refuses(one.admin[verb]('nobody'))
      await refuses(one.admin[verb]('nobody', { dryRun: true }))
      await refuses(one.admin[verb](' 0'))
    }
    await refuses(one.admin.activate(kid))
    await one.admin.retire(kid)
    await refuses(one.admin.activate(kid))
    await refuses(one.admin.retire(kid))
    await one.admin.retireNow(kid)
    await refuses(one.admin.retireNow(kid))
    await refuses(one.admin.retire(kid))
    clock.advance(DAY)
    await refuses(one.admin.activate(kid))
  })

  it('instants that are none, and algorithms that are none', async () => {
    const { clock, ring } = world()
    const one = await ring()
    for (const activeAt of [Number.NaN, clock.now() - 1, clock.now() + 401 * DAY, 1.5]) {
      await expect(one.admin.generate({ activeAt })).rejects.toMatchObject({ field: 'activeAt' })
    }
    for (const algorithm of ['HS256', 'none', 'ed25519'] as never[]) {
      await expect(one.admin.rotate({ algorithm })).rejects.toMatchObject({ field: 'algorithm' })
    }
  })

  it('more keys than a document should hold', async () => {
    const { ring } = world()
    const one = await ring()
    for (let count = 1; count < 16; count += 1) await one.admin.generate()
    await expect(one.admin.generate()).rejects.toBeInstanceOf(InvalidInput)
    await one.admin.retireNow(one.signing().kid)
    await expect(one.admin.generate()).resolves.toBeDefined()
  })

  it('the largest ring fits into a document', async () => {
    const { ring, text } = world()
    const one = await ring({ algorithm: 'RS256' })
    const { length } = await text()
    // 16 keys, and a year of rotations every day that are still shown.
    expect(length * 16 + 30 * 220).toBeLessThan(65_536)
    expect(one.signing().algorithm).toBe('RS256')
  })
})

describe('trying a change', () => {
  it('changes nothing, and tells what would', async () => {
    const { clock, ring, text } = world()
    const one = await ring()
    const old = one.signing().kid
    const before = await text()
    const now = clock.now()
    const at = now + 10 * MINUTE
    expect(await one.admin.rotate({ dryRun: true })).toEqual({
      isDryRun: true,
      now,
      kid: undefined,
      transitions: [
        { kid: undefined, algorithm: 'EdDSA', from: undefined, to: 'published', at: now },
        { kid: undefined, algorithm: 'EdDSA', from: 'published', to: 'active', at },
        { kid: old, algorithm: 'EdDSA', from: 'active', to: 'retiring', at },
        { kid: old, algorithm: 'EdDSA', from: 'retiring', to: 'retired', at: at + ACCEPTED_FOR },
      ],
      signers: [
        { kid: old, at: now },
        { kid: undefined, at },
      ],
      impact: [{ kid: old, acceptedUntil: at + ACCEPTED_FOR }],
      notes: [],
    })
    expect(await one.admin.retireNow(old, { dryRun: true })).toMatchObject({
      transitions: [
        { kid: undefined, from: undefined, to: 'active', at: now },
        { kid: old, from: 'active', to: 'retired', at: now },
      ],
      impact: [{ kid: old, acceptedUntil: now }],
      notes: ['successor', 'early'],
    })
    expect(await text()).toBe(before)
    expect(await signer(one)).toBe(old)
  })

  it('tells the same as the change does then, but for the names of new keys', async () => {
    const { ring } = world()
    const one = await ring()
    const old = one.signing().kid
    const { kid: _kid, ...tried } = await one.admin.retire(old, { dryRun: true })
    const { kid, ...done } = await one.admin.retire(old)
    expect(kid).toBe(old)
    const nameless = JSON.parse(
      JSON.stringify({ ...done, isDryRun: true }, (name, value: unknown) =>
        name === 'kid' && value !== old ? undefined : value,
      ),
    ) as unknown
    expect(nameless).toEqual(JSON.parse(JSON.stringify(tried)))
  })

  it('counts no tokens of a key that never signed', async () => {
    const { ring } = world()
    const one = await ring()
    const { kid = '' } = await one.admin.generate()
    expect((await one.admin.retire(kid, { dryRun: true })).impact).toEqual([])
    expect((await one.admin.retireNow(kid)).impact).toEqual([])
  })
})
