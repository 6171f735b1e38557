import { afterEach, describe, expect, it, vi } from 'vitest'
import { allowedAlone, createCounter } from '../../../src/compat/jwt-redis-sessions/limits.js'
import { StoreUnavailable } from '../../../src/errors.js'
import { connectOwn } from '../../../src/compat/jwt-redis-sessions/own-client.js'
import { readConfig } from '../../../src/compat/jwt-redis-sessions/config.js'
import { createLink } from '../../../src/compat/jwt-redis-sessions/connection.js'
import * as module from '../../../src/compat/jwt-redis-sessions/index.js'

afterEach(() => {
  vi.doUnmock('redis')
  vi.resetModules()
})

describe('counting while Redis is away', () => {
  const counter = () =>
    createCounter(
      createLink(),
      async () => {
        throw new StoreUnavailable('away')
      },
      () => 'k:',
    )

  it('counts each address and each name for itself', async () => {
    const { count } = counter()
    expect(await count('a', '192.0.2.1', 1_000)).toMatchObject({ count: 1, isAlone: true })
    expect((await count('a', '192.0.2.1', 1_000)).count).toBe(2)
    expect((await count('a', '192.0.2.2', 1_000)).count).toBe(1)
    expect((await count('b', '192.0.2.1', 1_000)).count).toBe(1)
    expect((await count('a', undefined, 1_000)).count).toBe(1)
  })

  it('T14: its memory is bounded; those who came last are remembered', async () => {
    const { count } = counter()
    await count('a', '192.0.2.1', 60_000)
    for (let at = 0; at < 10_000; at += 1) {
      await count('a', `10.0.${at >> 8}.${at & 255}`, 60_000)
    }
    expect((await count('a', '10.0.39.15', 60_000)).count).toBe(2)
    expect((await count('a', '192.0.2.1', 60_000)).count).toBe(1)
  })

  it('is stricter, and never refuses the first', () => {
    expect([1, 2, 5, 10].map(allowedAlone)).toEqual([1, 1, 2, 5])
  })

  it('a fault that is no outage is thrown', async () => {
    const { count } = createCounter(
      createLink(),
      async () => {
        throw new TypeError('a mistake')
      },
      () => 'k:',
    )
    await expect(count('a', '192.0.2.1', 1_000)).rejects.toThrow('a mistake')
  })
})

describe('the package redis', () => {
  it('where it is missing, the error says what to install', async () => {
    vi.doMock('redis', () => {
      throw new Error('Cannot find package')
    })
    await expect(connectOwn(readConfig({}).redis)).rejects.toThrow(/`npm install redis`/)
  })
})

describe('the module', () => {
  it('S3-70: exports the union of both generations, the same by import and by require (trap T8)', () => {
    const { default: all, 'module.exports': required, ...named } = module
    expect(required).toBe(all)
    expect({ ...all }).toEqual({ ...named })
    const generations = [
      ...['generateToken', 'verifyToken', 'refreshToken', 'revokeToken', 'revokeAllUserTokens'],
      ...['getUserSessions', 'isTokenBlacklisted', 'auth', 'rateLimit', 'AuthError', 'TokenError'],
      ...['ValidationError', 'RedisError', 'config', 'configure', 'initialize'],
      ...['closeRedisConnection', 'optionalAuth', 'logout', 'logoutAll', 'refresh'],
    ]
    expect(Object.keys(named)).toEqual(expect.arrayContaining(generations))
  })

  it('S3-25: error classes with statusCode and code', () => {
    const { AuthError, ValidationError, TokenError, RedisError } = module
    for (const [Kind, statusCode, code] of [
      [AuthError, 401, 'AUTH_ERROR'],
      [ValidationError, 400, 'VALIDATION_ERROR'],
      [TokenError, 401, 'TOKEN_ERROR'],
      [RedisError, 500, 'REDIS_ERROR'],
    ] as const) {
      const error = new Kind('words')
      expect(error).toBeInstanceOf(Kind)
      expect(error).toBeInstanceOf(Error)
      expect(error).toMatchObject({ name: Kind.name, message: 'words', statusCode, code })
      expect(new Kind('words', 418, 'TEAPOT')).toMatchObject({ statusCode: 418, code: 'TEAPOT' })
      for (const Other of [AuthError, ValidationError, TokenError, RedisError]) {
        expect(error instanceof Other).toBe((Other as unknown) === Kind)
      }
    }
  })
})
