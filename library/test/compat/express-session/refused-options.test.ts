import { EventEmitter } from 'node:events'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { afterEach, describe, expect, it, vi } from 'vitest'
import classic from 'express-session'
import session from '../../../src/compat/express-session/index.js'
import { keepSessions } from '../../../src/compat/kept/index.js'
import { createMemoryStore } from '../../../src/store/memory.js'

const GOOD = {
  secret: 'a secret of thirty-two bytes and more',
  resave: false,
  saveUninitialized: true,
}

type Make = (
  options: never,
) => (request: never, response: never, next: (error?: unknown) => void) => void

/** What is thrown for `options`: while they are read, or at the latest at the first request. */
function outcome(
  make: Make,
  options: object,
): { readonly name: string; readonly message: string } | string {
  const fault = (error: unknown) => {
    const { name, message } = error as Error
    return { name, message }
  }
  try {
    const middleware = make({ ...GOOD, ...options } as never)
    let told: ReturnType<typeof fault> | string = 'nothing'
    const request = {
      headers: {},
      url: '/',
      originalUrl: '/',
      socket: {},
    } as unknown as IncomingMessage
    const response = new EventEmitter() as unknown as ServerResponse
    Object.assign(response, {
      end: () => undefined,
      setHeader: () => undefined,
      writeHead: () => undefined,
    })
    middleware(request as never, response as never, (error) => {
      if (error !== undefined) told = fault(error)
    })
    return told
  } catch (error) {
    return fault(error)
  }
}

class Half extends EventEmitter {
  get(): void {}
}

afterEach(() => {
  vi.unstubAllEnvs()
})

/** Where the start shall fail, and not the first request. */
const inProduction = (): void => {
  vi.stubEnv('NODE_ENV', 'production')
}

describe('options that cannot be right', () => {
  it.each([
    ['secret undefined', { secret: undefined }, 'secret option required for sessions'],
    ['secret []', { secret: [] }, 'secret option array must contain one or more strings'],
    ["secret ''", { secret: '' }, 'secret option required for sessions'],
    ['cookie.maxAge string', { cookie: { maxAge: '60000' } }, 'maxAge must be a number or Date'],
    ['genid not a function', { genid: 'uuid' }, 'genid option must be a function'],
  ])('env-33: %s throws what express-session throws', (_name, options, message) => {
    const ours = outcome(session, options)
    expect(ours).toMatchObject({ message })
    expect(ours).toEqual(outcome(classic as unknown as Make, options))
  })

  it.each([
    ['secret a number', { secret: 42 }, 'secret option must be a string or a list of strings'],
    [
      'a number among the secrets',
      { secret: ['good enough', 7] },
      'secret option must be a string or a list of strings',
    ],
    ['resave string', { resave: 'false' }, 'resave option must be a boolean'],
    [
      'store without get, set and destroy',
      { store: new EventEmitter() },
      'store.get is not a function',
    ],
    ['half a store', { store: new Half() }, 'store.set is not a function'],
    ['store no store', { store: {} }, 'store.get is not a function'],
  ])(
    'env-33: in production %s is refused at once, where express-session fails later or never',
    (_name, options, message) => {
      inProduction()
      expect(() => (session as unknown as Make)({ ...GOOD, ...options } as never)).toThrow(
        TypeError,
      )
      expect(outcome(session as unknown as Make, options)).toEqual({ name: 'TypeError', message })
    },
  )

  it('with our own stores they are refused everywhere, with those of others in production alone', () => {
    const slip = { ...GOOD, resave: 'false' } as never
    const make = session as unknown as Make
    expect(make(slip)).toBeTypeOf('function')
    const store = keepSessions({ store: createMemoryStore() })
    expect(() => make({ ...GOOD, resave: 'false', store } as never)).toThrow(TypeError)
    inProduction()
    expect(() => make(slip)).toThrow(TypeError)
  })

  it('nothing is refused that express-session takes', () => {
    expect(outcome(session as unknown as Make, { cookie: { maxAge: 60_000 } })).toBe('nothing')
    expect(outcome(session as unknown as Make, { cookie: { maxAge: null }, resave: true })).toBe(
      'nothing',
    )
  })
})
