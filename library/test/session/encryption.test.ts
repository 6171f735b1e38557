import { describe, expect, it } from 'vitest'
import { deriveKey } from '../../src/credential/session-token.js'
import type { SojournOptions } from '../../src/options.js'
import { createValuesAtRest } from '../../src/session/encryption.js'
import { createEvents } from '../../src/session/events.js'
import { WorkingCopy } from '../../src/session/working-copy.js'
import { createMemoryStore } from '../../src/store/memory.js'
import type { Store } from '../../src/store/store.js'
import { createHmac } from '../../src/system/digest.js'
import { open, seal } from '../../src/system/seal.js'
import { Browser } from '../support/browser.js'
import { hearing, scene, SECRET } from '../support/sojourn.js'

interface Data {
  name: string
  cart: string[]
  n: number
  [key: string]: unknown
}

const [ONE, TWO] = ['first', 'second'].map((word) => `the ${word} encryption secret, 32 bytes`)
const SEALED = /^"\\\/~1\.[\w-]{4}\.[\w-]{38,}"$/

/** Sessions of one application as a process with these secrets has them. */
function node(store: Store, ...secrets: (string | undefined)[]) {
  const given = secrets.filter((secret) => secret !== undefined)
  return scene<Data>({ store, ...(given.length === 0 ? {} : { encryption: { secrets: given } }) })
}

async function signedIn(options: Partial<SojournOptions<Data>> = {}) {
  const set = scene<Data>({ encryption: { secrets: ONE ?? '' }, ...options })
  const browser = new Browser(set.sojourn)
  await browser.visit((session) => session.signIn('alice'))
  return { ...set, browser, rest: () => atRest(set.store, browser) }
}

/** The same person at another process. */
function elsewhere(browser: Browser<Data>, { sojourn }: Pick<ReturnType<typeof node>, 'sojourn'>) {
  const other = new Browser(sojourn)
  for (const [name, value] of browser.jar) other.jar.set(name, value)
  return other
}

async function idOf(browser: Browser<Data>): Promise<string> {
  return browser.visit(async (session) => (await session.load()).id ?? '')
}

/** What rests of a person's values, by key. */
async function atRest(store: Store, browser: Browser<Data>): Promise<Record<string, string>> {
  const answer = await store.read(await idOf(browser))
  if (answer.status !== 'found') return {}
  return Object.fromEntries([...answer.record.data].map(([key, { json }]) => [key, json]))
}

describe('values at rest', () => {
  it('rest as their JSON where no secret is given, and are not touched', async () => {
    const { browser, rest } = await signedIn({ encryption: undefined as never })
    await browser.visit((session) => {
      session.set('name', '"\\/~1.')
      session.set('cart', ['/~1.abcd.efgh'])
    })
    expect(await rest()).toEqual({ name: '"\\"\\\\/~1."', cart: '["/~1.abcd.efgh"]' })
    expect(await browser.visit((session) => session.all())).toEqual({
      name: '"\\/~1.',
      cart: ['/~1.abcd.efgh'],
    })
  })

  it('behaviour 24b: rest encrypted under a key of the session, whatever writes them', async () => {
    const { browser, store, rest } = await signedIn()
    const values: Data = { name: 'Ann', cart: ['tea'], n: 7, 'a key ~': null, empty: '' }
    await browser.visit(async (session) => {
      for (const [key, value] of Object.entries(values)) session.set(key, value)
      await session.flash('notice', 'saved')
    })
    await browser.visit(async (session) => {
      await session.incr('hits', 3)
      await session.update('list', () => ['updated'])
      await session.load()
      await session.kept.add('guard', 'text of a guard')
    })
    const texts = await rest()
    expect(Object.keys(texts)).toHaveLength(9)
    for (const text of Object.values(texts)) {
      expect(text).toMatch(SEALED)
      expect(typeof JSON.parse(text)).toBe('string')
    }
    expect(await browser.visit((session) => session.all())).toEqual({
      ...values,
      hits: 3,
      list: ['updated'],
    })
    expect(await browser.visit((session) => session.takeFlash('notice'))).toEqual(['saved'])
    // AES-256-GCM under a key for this session alone, bound to session and key.
    const other = new Browser(browser.sojourn)
    await other.visit((session) => {
      session.set('name', 'Bob')
    })
    for (const [person, text] of [
      [browser, '"Ann"'],
      [other, '"Bob"'],
    ] as const) {
      const id = await idOf(person)
      const sealed = (await atRest(store, person))['name'] ?? ''
      const key = createHmac(deriveKey(ONE ?? '', 'values')).sign(`record ${id}`)
      expect(key.length * 8).toBe(256)
      expect(open(key, `${id} name`, sealed.slice('"\\/~1.name.'.length, -1))).toBe(text)
    }
  })

  it('behaviour 24b: a new secret is put behind, in front, alone; nothing is lost, and every write moves on', async () => {
    const store = createMemoryStore()
    const before = node(store, ONE)
    const browser = new Browser(before.sojourn)
    await browser.visit((session) => session.signIn('alice'))
    await browser.visit((session) => {
      session.set('name', 'Ann')
      session.set('cart', ['tea'])
    })
    const learning = elsewhere(browser, node(store, ONE, TWO))
    const turning = elsewhere(browser, node(store, TWO, ONE))
    expect(await turning.visit((session) => session.get('name'))).toBe('Ann')
    const old = await atRest(store, browser)
    await turning.visit((session) => {
      session.set('name', 'Ann')
    })
    // Nodes that know the new secret without using it yet read what the others write, and the other way round.
    await learning.visit((session) => session.update('n', (n = 0) => n + 1))
    await turning.visit((session) => session.update('n', (n = 0) => n + 1))
    const all = { name: 'Ann', cart: ['tea'], n: 2 }
    for (const person of [learning, turning]) {
      expect(await person.visit((session) => session.all())).toEqual(all)
    }
    const now = await atRest(store, browser)
    const nameOf = (text: string | undefined) => text?.slice(0, 10)
    expect(nameOf(old['name'])).toBe(nameOf(old['cart']))
    expect(now['cart']).toBe(old['cart'])
    expect(nameOf(now['name'])).not.toBe(nameOf(old['name']))
    expect(nameOf(now['n'])).toBe(nameOf(now['name']))
    const after = node(store, TWO)
    const last = elsewhere(browser, after)
    expect(await last.visit((session) => session.all())).toEqual({ name: 'Ann', n: 2 })
    await hearing()
    const invalid = after.told.filter(({ name }) => name === 'data.invalid')
    expect(invalid).toEqual([
      { name: 'data.invalid', event: { id: await idOf(browser), key: 'cart' } },
    ])
  })

  it('are read where they rest in clear from before, and encrypted with their next write, even of the same', async () => {
    const store = createMemoryStore()
    const browser = new Browser(node(store).sojourn)
    await browser.visit((session) => session.signIn('alice'))
    await browser.visit(async (session) => {
      session.set('name', 'Ann')
      session.set('cart', ['tea'])
      await session.incr('n', 4)
    })
    const later = elsewhere(browser, node(store, ONE))
    const all = { name: 'Ann', cart: ['tea'], n: 4 }
    expect(await later.visit((session) => session.all())).toEqual(all)
    expect(await atRest(store, browser)).toEqual({ name: '"Ann"', cart: '["tea"]', n: '4' })
    await later.visit((session) => {
      // Without looking first: what is there already is not written again, unless it rests in clear.
      session.set('name', 'Ann')
    })
    expect(await later.visit((session) => session.incr('n'))).toBe(5)
    const texts = await atRest(store, browser)
    expect([texts['name'], texts['n']]).toEqual([
      expect.stringMatching(SEALED),
      expect.stringMatching(SEALED),
    ])
    expect(texts['cart']).toBe('["tea"]')
    expect(await later.visit((session) => session.all())).toEqual({ ...all, n: 5 })
  })

  it('count as absent, and are told of, where encryption is switched off again', async () => {
    const { browser, store } = await signedIn()
    await browser.visit(async (session) => {
      session.set('name', 'Ann')
      session.set('n', 5)
      await session.flash('notice', 'saved')
    })
    const off = node(store)
    const person = elsewhere(browser, off)
    await person.visit(async (session) => {
      expect(await session.get('name')).toBeUndefined()
      expect(await session.takeFlash('notice')).toEqual([])
      expect(await session.update('cart', (cart = ['new']) => cart)).toEqual(['new'])
      expect(await session.incr('n')).toBe(1)
      expect(await session.incr('n')).toBe(2)
    })
    expect(await atRest(store, browser)).toMatchObject({
      name: expect.stringMatching(SEALED) as string,
      cart: '["new"]',
      n: '2',
    })
    await hearing()
    const events = off.told.filter(({ name }) => name === 'data.invalid')
    expect(events.map(({ event }) => (event as { key: string }).key)).toEqual([
      'name',
      '~flash.notice',
      'n',
    ])
  })

  it('cannot be moved to another key or another session', async () => {
    const { browser, sojourn, store, told } = await signedIn()
    const other = new Browser(sojourn)
    await other.visit((session) => session.signIn('bob'))
    await browser.visit((session) => {
      session.set('name', 'Ann')
      session.set('role', 'reader')
    })
    const { name = '', role = '' } = await atRest(store, browser)
    await store.change(await idOf(other), { set: new Map([['name', name]]) })
    await store.change(await idOf(browser), { set: new Map([['role', name]]) })
    expect(await other.visit((session) => session.all())).toEqual({})
    expect(await browser.visit((session) => session.get('role'))).toBeUndefined()
    expect(await browser.visit((session) => session.get('name'))).toBe('Ann')
    await store.change(await idOf(browser), { set: new Map([['role', role]]) })
    expect(await browser.visit((session) => session.get('role'))).toBe('reader')
    await hearing()
    expect(told.filter((fact) => fact.name === 'data.invalid')).toHaveLength(2)
  })

  it('are taken along to the session of a sign-in and written anew for it; what nobody can read stays behind', async () => {
    const { sojourn, store, calls } = node(createMemoryStore(), TWO, ONE)
    const browser = new Browser(sojourn)
    await browser.visit((session) => {
      session.set('cart', ['tea'])
      session.set('name', 'lost')
    })
    const guest = await atRest(store, browser)
    const guestId = await idOf(browser)
    await store.change(guestId, { set: new Map([['name', guest['cart'] ?? '']]) })
    await browser.visit(async (session) => {
      session.set('n', 1)
      await session.signIn('alice')
      session.set('late', true)
    })
    expect(await idOf(browser)).not.toBe(guestId)
    expect(await browser.visit((session) => session.all())).toEqual({
      cart: ['tea'],
      n: 1,
      late: true,
    })
    const texts = await atRest(store, browser)
    expect(Object.keys(texts).sort()).toEqual(['cart', 'late', 'n'])
    for (const text of Object.values(texts)) expect(text).toMatch(SEALED)
    expect(texts['cart']).not.toBe(guest['cart'])
    // Another person's values do not move, but for what this very request wrote; and nothing is written twice.
    calls.length = 0
    await browser.visit(async (session) => {
      session.set('n', 2)
      await session.signIn('bob')
    })
    expect(calls).toEqual(['read', 'create', 'end'])
    expect(await browser.visit((session) => session.all())).toEqual({ n: 2 })
  })

  it('are not known from another session that the same request had before', async () => {
    const { browser, store } = await signedIn()
    await browser.visit((session) => {
      session.set('name', 'Ann')
    })
    const answer = await store.read(await idOf(browser))
    if (answer.status !== 'found') throw new Error('the session is gone')
    const { id, data, revision } = answer.record
    const values = createValuesAtRest([ONE ?? ''], createEvents())
    const copy = new WorkingCopy()
    copy.learn({ id, data, revision }, values)
    expect(copy.json('name')).toBe('"Ann"')
    copy.learn({ id: `${id.slice(0, -1)}~`, data, revision }, values)
    expect(copy.json('name')).toBeUndefined()
  })

  it('of a session that somebody acts in, and of the one it was opened from, stay apart', async () => {
    const { browser } = await signedIn()
    await browser.visit((session) => {
      session.set('name', 'of the actor')
    })
    await browser.visit(async (session) => {
      await session.impersonate('carol', { reason: 'ticket 1' })
      session.set('cart', ['of carol'])
    })
    expect(await browser.visit((session) => session.all())).toEqual({ cart: ['of carol'] })
    await browser.visit((session) => session.stopImpersonating())
    expect(await browser.visit((session) => session.all())).toEqual({ name: 'of the actor' })
  })

  it('stay readable through a renewal, a step-up and further writes within one request', async () => {
    const { browser, clock, calls } = await signedIn({ renewal: '1m' })
    calls.length = 0
    await browser.visit(async (session) => {
      session.set('name', 'one')
      await session.save()
      session.set('name', 'two')
      expect(await session.get('name')).toBe('two')
      await session.save()
      expect(await session.get('name')).toBe('two')
      expect(calls).toEqual(['read', 'change', 'change'])
    })
    expect(calls).toEqual(['read', 'change', 'change'])
    await browser.visit(async (session) => {
      session.delete('name')
      session.set('cart', [])
      await session.elevate()
    })
    clock.advance(120_000)
    expect(await browser.visit((session) => session.all())).toEqual({ cart: [] })
    expect(await browser.visit((session) => session.all())).toEqual({ cart: [] })
  })

  it('keep what was set again while a save was under way', async () => {
    let meanwhile = (): void => undefined
    const store = new Proxy(createMemoryStore(), {
      get(target, name) {
        const value: unknown = Reflect.get(target, name, target)
        if (typeof value !== 'function') return value
        return (...given: unknown[]) => {
          if (name === 'change') meanwhile()
          return Reflect.apply(value as () => unknown, target, given)
        }
      },
    })
    const { browser } = await signedIn({ store })
    await browser.visit(async (session) => {
      session.set('name', 'one')
      meanwhile = () => {
        session.set('name', 'two')
        meanwhile = () => undefined
      }
      await session.save()
      expect(await session.get('name')).toBe('two')
    })
    expect(await browser.visit((session) => session.get('name'))).toBe('two')
  })

  it('lose no step of one hundred increments and twenty updates at once', async () => {
    const { browser, rest } = await signedIn()
    await Promise.all(
      Array.from({ length: 100 }, () => browser.request((session) => session.incr('n', 2))),
    )
    await Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        browser.request((session) =>
          session.update('cart', (cart = []) => [...cart, String(index)]),
        ),
      ),
    )
    expect(await browser.visit((session) => session.get('n'))).toBe(200)
    expect(new Set(await browser.visit((session) => session.get('cart'))).size).toBe(20)
    expect((await rest())['n']).toMatch(SEALED)
  })

  it('are added to only where they are whole numbers, in clear and encrypted alike', async () => {
    for (const encryption of [{ secrets: ONE ?? '' }, undefined as never]) {
      const { browser } = await signedIn({ encryption })
      const bad: unknown[] = ['1', 1.5, null, [], true, Number.MAX_SAFE_INTEGER]
      for (const value of bad) {
        await browser.visit((session) => {
          session.set('value', value)
        })
        const adding = browser.visit((session) => session.incr('value'))
        await expect(adding).rejects.toMatchObject({ code: 'ERR_SESSION_DATA' })
        expect(await browser.visit((session) => session.get('value'))).toEqual(value)
      }
      expect(await browser.visit((session) => session.incr('fresh', -3))).toBe(-3)
      expect(await browser.visit((session) => session.incr('fresh', 3))).toBe(0)
    }
  })

  it('count with the bytes of their JSON for maxSessionBytes, to the byte, as they do in clear', async () => {
    for (const encryption of [{ secrets: ONE ?? '' }, undefined as never]) {
      const { browser } = await signedIn({ encryption, maxSessionBytes: 1_000 })
      await browser.visit((session) => {
        session.set('kept', 'ü'.repeat(100))
      })
      // 4 + 202 bytes rest already; 1 for the name of the key, 2 for the quotes.
      await browser.visit((session) => {
        session.set('a', 'x'.repeat(1_000 - 206 - 3))
      })
      const more = browser.visit((session) => {
        session.set('b', 1)
      })
      await expect(more).rejects.toMatchObject({ code: 'ERR_SESSION_TOO_LARGE' })
    }
  })

  it('are checked by their schema behind the decryption', async () => {
    const isText = (value: unknown) =>
      typeof value === 'string' ? { value } : { issues: [{ message: 'no text' }] }
    const { browser, told } = await signedIn({
      schema: { name: { '~standard': { validate: isText } } },
    })
    await browser.visit((session) => {
      session.set('name', 5 as never)
    })
    expect(await browser.visit((session) => session.get('name'))).toBeUndefined()
    await browser.visit((session) => {
      session.set('name', 'Ann')
    })
    expect(await browser.visit((session) => session.get('name'))).toBe('Ann')
    await hearing()
    expect(told.filter(({ name }) => name === 'data.invalid')).toHaveLength(1)
  })

  it('leave facts of the subject in clear: other processes and administrators read them', async () => {
    const { sojourn, browser, store } = await signedIn()
    await sojourn.patchSubject('alice', { role: 'admin' })
    expect((await store.readSubject('alice')).attributes).toEqual(new Map([['role', '"admin"']]))
    const role = browser.visit(async (session) => (await session.load()).attributes['role'])
    expect(await role).toBe('admin')
  })

  it('are decrypted once in a request, and only those that are asked for', async () => {
    const { browser, store, told } = await signedIn()
    const id = await idOf(browser)
    const bad = `"\\/~1.abcd.${seal(Buffer.alloc(32), '', '1')}"`
    await store.change(id, {
      set: new Map([
        ['name', bad],
        ['cart', bad],
      ]),
    })
    await browser.visit(async (session) => {
      for (let run = 0; run < 5; run += 1) expect(await session.get('name')).toBeUndefined()
    })
    await hearing()
    const events = told.filter(({ name }) => name === 'data.invalid')
    expect(events).toEqual([{ name: 'data.invalid', event: { id, key: 'name' } }])
  })

  it('need secrets of 32 bytes, and at least one', () => {
    const short = 'x'.repeat(31)
    for (const secrets of [undefined, null, '', [], short, [ONE, short], [ONE, 5]]) {
      const create = () => scene({ encryption: { secrets } as never })
      expect(create).toThrow(expect.objectContaining({ code: 'ERR_OPTION' }))
      expect(create).toThrow(/encryption\.secrets/)
      expect(create).not.toThrow(/xxxx|first encryption/)
    }
    for (const encryption of [null, ONE, '', {}, [ONE]]) {
      const create = () => scene({ encryption: encryption as never })
      expect(create).toThrow(expect.objectContaining({ code: 'ERR_OPTION' }))
    }
    expect(() => scene({ encryption: { secrets: ONE ?? '' }, secrets: SECRET })).not.toThrow()
  })

  it('differ each time they are written, though they are the same', async () => {
    const { browser, rest } = await signedIn()
    const seen = new Set<string | undefined>()
    for (let run = 0; run < 20; run += 1) {
      await browser.visit(async (session) => {
        // What is set without looking is compared with what rests.
        await session.load()
        session.set('name', 'Ann')
      })
      seen.add((await rest())['name'])
    }
    expect(seen.size).toBe(20)
  })
})
