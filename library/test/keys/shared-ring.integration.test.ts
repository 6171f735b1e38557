import { describe, expect, it } from 'vitest'
import { StoreUnavailable } from '../../src/errors.js'
import { createStoredKeyRing } from '../../src/keys/stored-ring.js'
import { createNearCache } from '../../src/store/near-cache.js'
import { createResilientStore } from '../../src/store/resilient.js'
import {
  DAY,
  Documents,
  newSecret,
  shown,
  sign,
  signer,
  states,
  verdict,
  world,
} from './support.js'

describe('several processes on one store', () => {
  it('begin with one and the same key', async () => {
    const { ring } = world()
    const rings = await Promise.all([1, 2, 3, 4].map(async () => ring()))
    await Promise.all(rings.map(async (one) => one.ensureFresh()))
    expect(new Set(rings.map((one) => one.signing().kid)).size).toBe(1)
    expect(rings[0]?.describe(0)).toHaveLength(1)
  })

  it('verify what any of them signs', async () => {
    const { clock, ring } = world()
    const [one, two] = [await ring(), await ring()]
    await one.admin.rotate({ activeAt: clock.now() })
    const token = await sign(one, clock.now(), 60)
    clock.advance(501)
    expect(two.isFresh()).toBe(false)
    expect(await verdict(two, token, clock.now())).toBe('ok')
  })

  it('learn of an emergency within maxAge, and tell caches of verified tokens', async () => {
    const { clock, ring } = world()
    const [one, two] = [await ring(), await ring()]
    const token = await sign(two, clock.now(), 600)
    const { revision } = two
    await one.admin.retireNow(one.signing().kid)
    expect(await verdict(one, token, clock.now())).toBe('kid_unknown')
    clock.advance(500)
    expect(two.isFresh()).toBe(true)
    clock.advance(1)
    expect(two.isFresh()).toBe(false)
    expect(await verdict(two, token, clock.now())).toBe('kid_unknown')
    expect(two.revision).toBeGreaterThan(revision)
    expect(await verdict(two, await sign(one, clock.now(), 60), clock.now())).toBe('ok')
  })

  it('refuse to go on with what they once knew, even where nobody asks isFresh', async () => {
    const { clock, ring } = world()
    const one = await ring()
    const { kid } = one.signing()
    clock.advance(1_000)
    expect(one.find(kid)).toBeDefined()
    clock.advance(1)
    expect(() => one.find(kid)).toThrow(StoreUnavailable)
    expect(() => one.signing()).toThrow(StoreUnavailable)
    await one.ensureFresh()
    expect(one.find(kid)).toBeDefined()
  })

  it('read once for all who wait', async () => {
    const { clock, store, ring } = world()
    const documents = new Documents(store)
    const one = await ring({ documents })
    clock.advance(501)
    const before = documents.reads
    await Promise.all(Array.from({ length: 50 }, async () => one.ensureFresh()))
    expect(documents.reads - before).toBe(1)
  })

  it('that change the ring at once both succeed', async () => {
    const { clock, ring } = world()
    const rings = await Promise.all([1, 2, 3, 4].map(async () => ring()))
    const changes = await Promise.all(rings.map(async (one) => one.admin.generate()))
    const kids = changes.map(({ kid }) => kid ?? '')
    clock.advance(501)
    for (const one of rings)
      expect(Object.keys(await states(one, clock.now()))).toEqual(expect.arrayContaining(kids))
    expect(new Set(kids).size).toBe(4)
  })

  it('the second of two changes sees the first', async () => {
    const { ring, store } = world()
    const documents = new Documents(store)
    const [one, two] = [await ring({ documents }), await ring()]
    const { kid } = one.signing()
    const before = documents.writes
    documents.beforeWrite = async () => void (await two.admin.retireNow(kid))
    await expect(one.admin.retire(kid)).rejects.toMatchObject({ field: 'kid' })
    expect(documents.writes - before).toBe(1)
  })

  it('make one key each for a change, however often they have to try', async () => {
    const { ring, store } = world()
    const documents = new Documents(store)
    const [one, two] = [await ring({ documents }), await ring()]
    const before = documents.writes
    documents.beforeWrite = async () => void (await two.admin.generate())
    const change = await one.admin.generate()
    expect(documents.writes - before).toBe(2)
    expect(one.describe(0).map(({ kid }) => kid)).toContain(change.kid)
    expect(one.describe(0)).toHaveLength(3)
  })

  it('retire a key in one and activate it in another: one of the two is told no', async () => {
    const { clock, ring } = world()
    const [one, two] = [await ring(), await ring()]
    const { kid = '' } = await one.admin.generate()
    const results = await Promise.allSettled([one.admin.activate(kid), two.admin.retireNow(kid)])
    expect(results.map(({ status }) => status)).toContain('fulfilled')
    expect((await one.admin.list()).find((key) => key.kid === kid)?.state).toBe('retired')
    clock.advance(501)
    expect(await signer(one)).not.toBe(kid)
  })

  it('keep refusing a key although the store forgot that it was refused', async () => {
    const { clock, ring, store, text } = world()
    const [one, two] = [await ring(), await ring()]
    const token = await sign(one, clock.now(), 600)
    const before = await text()
    await one.admin.retireNow(one.signing().kid)
    await store.writeDocument('key-ring', before, 2)
    clock.advance(501)
    expect(await verdict(one, token, clock.now())).toBe('kid_unknown')
    expect(await verdict(two, token, clock.now())).toBe('kid_unknown')
  })
})

describe('a store that fails', () => {
  it('stops signing and accepting after maxAge, and goes on when it is back', async () => {
    const { clock, store, ring } = world()
    const documents = new Documents(store)
    const one = await ring({ documents })
    const token = await sign(one, clock.now(), 600)
    documents.fault = new Error('ECONNRESET at 10.0.0.1')
    expect(await verdict(one, token, clock.now())).toBe('ok')
    clock.advance(501)
    await expect(one.ensureFresh()).rejects.toBeInstanceOf(StoreUnavailable)
    await expect(one.admin.rotate()).rejects.toBeInstanceOf(StoreUnavailable)
    documents.fault = undefined
    expect(await verdict(one, token, clock.now())).toBe('ok')
  })

  it('is asked again after a start that failed', async () => {
    const { clock, store, secret } = world()
    const documents = new Documents(store)
    documents.fault = new Error('not yet')
    const one = createStoredKeyRing({ documents, wrappingSecrets: [secret], clock })
    await expect(one.ready()).rejects.toBeInstanceOf(StoreUnavailable)
    await expect(one.ensureFresh()).rejects.toBeInstanceOf(StoreUnavailable)
    expect(one.isReady).toBe(false)
    documents.fault = undefined
    await one.ensureFresh()
    expect(one.isReady).toBe(true)
    expect(one.signing().algorithm).toBe('EdDSA')
  })

  it('lost its document: the ring begins anew', async () => {
    const { clock, secret, store, ring } = world()
    const one = await ring()
    const old = one.signing().kid
    let isLost = false
    const documents = {
      readDocument: async (name: string) => (isLost ? undefined : store.readDocument(name)),
      writeDocument: async (name: string, text: string, expected: number) => {
        isLost = false
        return store.writeDocument(name, text, expected === 0 ? 1 : expected)
      },
    }
    const two = createStoredKeyRing({ documents, wrappingSecrets: [secret], clock })
    await two.ready()
    expect(two.signing().kid).toBe(old)
    isLost = true
    clock.advance(501)
    expect(await signer(two)).not.toBe(old)
    expect(two.find(old)).toBeUndefined()
  })
})

describe('behind a near cache', () => {
  it('asks no store while nothing changes, and hears of an emergency at once', async () => {
    const { clock, store, secret, ring } = world()
    let reads = 0
    const onCall = (verb: string): void => {
      if (verb === 'readDocument') reads += 1
    }
    const near = createNearCache(createResilientStore(store, { clock, onCall }), { clock })
    const one = createStoredKeyRing({ documents: near, wrappingSecrets: [secret], clock })
    await one.ready()
    const other = await ring()
    const token = await sign(one, clock.now(), 600)
    clock.advance(501)
    await one.ensureFresh()
    const before = reads
    for (let use = 0; use < 20; use += 1) {
      clock.advance(100)
      expect(await verdict(one, token, clock.now())).toBe('ok')
    }
    expect(reads).toBe(before)
    await other.admin.retireNow(await signer(other))
    expect(one.isFresh()).toBe(false)
    expect(await verdict(one, token, clock.now())).toBe('kid_unknown')
    expect(one.isFresh()).toBe(true)
    await near.close()
  })
})

describe('the document', () => {
  it('holds no private key in clear', async () => {
    const { clock, ring, text, secret } = world()
    const generated: string[] = []
    const original = crypto.subtle.exportKey.bind(crypto.subtle)
    crypto.subtle.exportKey = (async (format: 'jwk', key: never) => {
      const jwk = await original(format, key)
      generated.push(...[jwk.d, jwk.p, jwk.q, jwk.dp, jwk.dq, jwk.qi].flatMap((part) => part ?? []))
      return jwk
    }) as never
    const one = await ring()
    for (const algorithm of ['ES256', 'RS256', 'EdDSA'] as const) {
      await one.admin.rotate({ algorithm, activeAt: clock.now() })
    }
    crypto.subtle.exportKey = original
    expect(generated).toHaveLength(9)
    const kept = await text()
    expect(kept.length).toBeGreaterThan(1_000)
    for (const part of [...generated, secret]) {
      expect(kept).not.toContain(part)
      expect(kept).not.toContain(Buffer.from(part, 'base64url').toString('hex'))
      expect(kept).not.toContain(Buffer.from(part).toString('base64').slice(0, 40))
    }
    const seen = [
      one,
      one.admin,
      one.signing(),
      one.describe(0),
      await one.admin.list(),
      one.jwks(),
    ]
    const change = await one.admin.rotate()
    const print = [...seen, change].map(shown).join('\n')
    for (const part of [...generated, secret]) expect(print).not.toContain(part)
    expect(print).not.toContain('sealed')
  })

  it('opens with an older secret, and is sealed with the newest at the next change', async () => {
    const { clock, ring, secret } = world()
    const newer = newSecret()
    const before = await ring()
    const token = await sign(before, clock.now(), 3_600)
    const both = await ring({ wrappingSecrets: [newer, secret] })
    expect(await verdict(both, token, clock.now())).toBe('ok')
    expect(both.signing().kid).toBe(before.signing().kid)
    await both.admin.generate()
    const newest = await ring({ wrappingSecrets: [newer] })
    expect(await verdict(newest, token, clock.now())).toBe('ok')
  })

  it('does not open without its secret: nothing is signed, and nothing overwritten', async () => {
    const { clock, ring, text } = world()
    const one = await ring()
    const token = await sign(one, clock.now(), 600)
    const before = await text()
    const stranger = await ring({ wrappingSecrets: [newSecret()] })
    expect(await text()).toBe(before)
    expect(() => stranger.signing()).toThrow(expect.objectContaining({ code: 'ERR_NO_KEY' }))
    expect(await verdict(stranger, token, clock.now())).toBe('kid_unknown')
    expect(stranger.describe(clock.now())).toMatchObject([{ isHeld: false, isSigning: false }])
    // The way out, where the secret is lost for good.
    await stranger.admin.rotate()
    expect(await verdict(stranger, await sign(stranger, clock.now(), 60), clock.now())).toBe('ok')
  })

  it('a key that was altered, or put under another name, is not held', async () => {
    const { clock, ring, store, text } = world()
    const one = await ring()
    const { kid: other } = await one.admin.generate()
    const ring1 = JSON.parse(await text()) as { keys: { kid: string; sealed: string }[] }
    const [a, b] = ring1.keys
    expect(a?.kid).toBe(other)
    const swapped = { ...ring1, keys: [{ ...a, sealed: b?.sealed }, b] }
    await store.writeDocument('key-ring', JSON.stringify(swapped), 2)
    clock.advance(501)
    const two = await ring()
    expect(two.describe(clock.now()).map(({ kid, isHeld }) => [kid, isHeld])).toEqual([
      [b?.kid, true],
      [a?.kid, false],
    ])
  })

  it.each([
    ['no JSON', 'oops'],
    ['an empty text', ''],
    ['null', 'null'],
    ['another version', '{"version":2,"keys":[]}'],
    ['keys that are no list', '{"version":1,"keys":{}}'],
    [
      'a key without a kid',
      '{"version":1,"keys":[{"algorithm":"EdDSA","origin":"stored","activeAt":1}]}',
    ],
    [
      'a key of HS256',
      '{"version":1,"keys":[{"kid":"a","algorithm":"HS256","origin":"stored","activeAt":1}]}',
    ],
    [
      'an instant that is none',
      '{"version":1,"keys":[{"kid":"a","algorithm":"EdDSA","origin":"stored","activeAt":"1"}]}',
    ],
    [
      'a key twice',
      `{"version":1,"keys":[${Array(2).fill('{"kid":"a","algorithm":"EdDSA","origin":"stored","activeAt":1}').join(',')}]}`,
    ],
  ])('that is damaged (%s) stops everything, and is left as it is', async (_what, damaged) => {
    const { clock, ring, store, text } = world()
    const one = await ring()
    await store.writeDocument('key-ring', damaged, 1)
    clock.advance(501)
    await expect(one.ensureFresh()).rejects.toBeInstanceOf(StoreUnavailable)
    await expect(ring()).rejects.toBeInstanceOf(StoreUnavailable)
    await expect(one.admin.rotate()).rejects.toBeInstanceOf(StoreUnavailable)
    expect(await text()).toBe(damaged)
    clock.advance(DAY)
  })
})
