import { describe, expect, it } from 'vitest'
import { SessionDataError } from '../../src/session/data.js'
import { Browser } from '../support/browser.js'
import { hearing, scene } from '../support/sojourn.js'

interface Data {
  cart: string[]
  a: number
  b: number
  n: number
  name: string
  [key: string]: unknown
}

async function signedIn() {
  const set = scene<Data>()
  const browser = new Browser(set.sojourn)
  await browser.visit((session) => session.signIn('alice'))
  return { ...set, browser }
}

describe('session data', () => {
  it('keeps what was set, and answers a copy each time', async () => {
    const { browser } = await signedIn()
    await browser.visit((session) => {
      session.set('cart', ['tea'])
    })
    const cart = await browser.visit((session) => session.get('cart'))
    expect(cart).toEqual(['tea'])
    const [one, two] = await browser.visit(async (session) => [
      await session.get('cart'),
      await session.get('cart'),
    ])
    expect(one).not.toBe(two)
  })

  it('keeps both keys of two requests that overlap, 1000 times', async () => {
    const { browser } = await signedIn()
    for (let run = 0; run < 1000; run += 1) {
      await Promise.all([
        browser.request((session) => {
          session.set('a', run)
        }),
        browser.request((session) => {
          session.set('b', run)
        }),
      ])
      const [a, b] = await browser.visit(async (session) => [
        await session.get('a'),
        await session.get('b'),
      ])
      expect([a, b]).toEqual([run, run])
    }
  })

  it('deletes one key while another request sets one; untouched keys are never written back', async () => {
    const { browser } = await signedIn()
    await browser.visit((session) => {
      session.set('a', 1)
      session.set('name', 'old')
    })
    let release = (): void => undefined
    const gate = new Promise<void>((resolve) => {
      release = resolve
    })
    const slow = browser.request(async (session) => {
      await session.get('name')
      session.delete('a')
      await gate
    })
    await browser.visit((session) => {
      session.set('b', 2)
      session.set('name', 'new')
    })
    release()
    await slow
    const all = await browser.visit((session) => session.all())
    expect(all).toEqual({ b: 2, name: 'new' })
  })

  it('lets the last writer of one key win as a whole, and counts the conflict', async () => {
    const { browser, told } = await signedIn()
    let release = (): void => undefined
    const gate = new Promise<void>((resolve) => {
      release = resolve
    })
    const slow = browser.request(async (session) => {
      await session.get('cart')
      session.set('cart', ['late'])
      await gate
    })
    await browser.visit((session) => {
      session.set('cart', ['early', 'more'])
    })
    release()
    await slow
    expect(await browser.visit((session) => session.get('cart'))).toEqual(['late'])
    await hearing()
    expect(told.filter(({ name }) => name === 'data.conflict')).toHaveLength(1)
  })

  it('behaviour 1d: one hundred concurrent increments and updates end at exactly one hundred', async () => {
    const { browser } = await signedIn()
    await Promise.all(
      Array.from({ length: 100 }, () => browser.request((session) => session.incr('n'))),
    )
    expect(await browser.visit((session) => session.get('n'))).toBe(100)
    await Promise.all(
      Array.from({ length: 100 }, (_, index) =>
        browser.request((session) =>
          session.update('cart', (cart = []) => [...cart, String(index)]),
        ),
      ),
    )
    const cart = await browser.visit((session) => session.get('cart'))
    expect(new Set(cart).size).toBe(100)
  })

  it('writes nothing on a request that only reads, and a read-only session throws on write', async () => {
    const { browser, calls } = await signedIn()
    calls.length = 0
    await browser.visit(async (session) => {
      await session.get('a')
      session.makeReadOnly()
      expect(() => {
        session.set('a', 1)
      }).toThrow(expect.objectContaining({ code: 'ERR_SESSION_READ_ONLY' }))
    })
    expect(calls).toEqual(['read'])
  })

  it('json-22: refuses a function, symbol, bigint, cycle, Date, Map, Buffer, class and NaN with the path', async () => {
    const { browser } = await signedIn()
    const cyclic: Record<string, unknown> = {}
    cyclic['self'] = cyclic
    const bad: [unknown, string][] = [
      [() => 1, 'a function'],
      [Symbol('x'), 'a symbol'],
      [1n, 'a bigint'],
      [cyclic, 'a cycle'],
      [new Date(), 'a Date'],
      [new Map(), 'a Map'],
      [Buffer.from('x'), 'a Buffer'],
      [NaN, 'NaN'],
      [Infinity, 'Infinity'],
    ]
    await browser.visit((session) => {
      for (const [value, what] of bad) {
        const write = (): void => {
          session.set('cart', { items: [value] } as never)
        }
        expect(write).toThrow(SessionDataError)
        expect(write).toThrow(`session.data.cart.items[0]`)
        expect(write).toThrow(what)
      }
    })
    expect(await browser.visit((session) => session.all())).toEqual({})
  })

  it('json-23: refuses 300 KB with the size and the limit, and keeps what was there', async () => {
    const { browser } = await signedIn()
    await browser.visit((session) => {
      session.set('name', 'kept')
    })
    const big = browser.visit((session) => {
      session.set('cart', ['x'.repeat(300 * 1024)])
    })
    await expect(big).rejects.toThrow(
      /The session is 301 KB; the limit is 64 KB \(maxSessionBytes\)/,
    )
    expect(await browser.visit((session) => session.all())).toEqual({ name: 'kept' })
  })

  it('ASVS 15.3.6: keys such as __proto__ and constructor pollute nothing on their way through', async () => {
    const { browser } = await signedIn()
    const hostile = JSON.parse('{"__proto__":{"x":1},"constructor":{"prototype":{"x":1}}}') as never
    await browser.visit((session) => {
      session.set('cart', hostile)
      session.set('__proto__', { x: 1 })
      session.set('constructor', { prototype: { x: 1 } } as never)
    })
    const all = await browser.visit((session) => session.all())
    expect(Object.keys(all).sort()).toEqual(['__proto__', 'cart', 'constructor'])
    expect(({} as { x?: number }).x).toBeUndefined()
    expect(Object.getPrototypeOf(all)).toBe(Object.prototype)
  })

  it('leaves flash messages for the next page, once', async () => {
    const { browser, calls } = await signedIn()
    await browser.visit((session) => session.flash('notice', 'saved'))
    await browser.visit((session) => session.flash('notice', { text: 'again' }))
    expect(await browser.visit((session) => session.takeFlash('notice'))).toEqual([
      'saved',
      { text: 'again' },
    ])
    calls.length = 0
    expect(await browser.visit((session) => session.takeFlash('notice'))).toEqual([])
    expect(calls).toEqual(['read'])
  })

  it('checks values against a schema as they are read', async () => {
    const schema = {
      n: {
        '~standard': {
          validate: (value: unknown) =>
            typeof value === 'number' ? { value } : { issues: ['no number'] },
        },
      },
    }
    const set = scene<Data>({ schema })
    const browser = new Browser(set.sojourn)
    await browser.visit((session) => {
      session.set('n', 'text' as never)
      session.set('a', 1)
    })
    expect(await browser.visit((session) => session.get('n'))).toBeUndefined()
    await hearing()
    expect(set.told.some(({ name }) => name === 'data.invalid')).toBe(true)
  })
})
