import { describe, expect, it } from 'vitest'
import { secret as readSecret } from '../../../src/config/secret-reader.js'
import { Secret } from '../../../src/config/secret.js'
import { shell } from './support.js'

describe('sojourn secret', () => {
  it('S3-12: prints one new secret that the service takes, on a line of its own', async () => {
    const { sojourn } = shell()
    const answers = await Promise.all([1, 2, 3, 4, 5].map(async () => sojourn('secret')))
    for (const { code, out, error } of answers) {
      expect({ code, error }).toEqual({ code: 0, error: '' })
      expect(out).toMatch(/^[\w-]{43}\n$/)
      expect(readSecret(out.trim(), 'JWT_SECRET')).toBeInstanceOf(Secret)
    }
    expect(new Set(answers.map(({ out }) => out)).size).toBe(5)
  })

  it('needs no configuration, and opens no store', async () => {
    const { sojourn } = shell({ SESSION_SECRET: 'short', JWT_SECRET: undefined, REDIS_URL: 'x' })
    expect((await sojourn('secret')).code).toBe(0)
  })

  it('has as many bytes as it is asked for', async () => {
    const { out } = await shell().sojourn('secret --bytes 64')
    expect(Buffer.from(out.trim(), 'base64url')).toHaveLength(64)
  })

  it('prints a line for .env', async () => {
    const { out } = await shell().sojourn('secret --env SESSION_SECRET')
    expect(out).toMatch(/^SESSION_SECRET=[\w-]{43}\n$/)
  })

  it('answers in JSON', async () => {
    const { json } = shell()
    const secret = expect.stringMatching(/^[\w-]{43}$/) as string
    expect(await json('secret')).toEqual({ secret, bytes: 32 })
    expect(await json('secret --env KEY')).toEqual({ name: 'KEY', secret, bytes: 32 })
  })

  it('its help shows how, without a secret on the screen', async () => {
    const { code, out } = await shell().sojourn('secret --help')
    expect(code).toBe(0)
    expect(out).toContain('sojourn secret --env SESSION_SECRET >> .env')
  })

  it.each([
    '--bytes 16',
    '--bytes 31',
    '--bytes 1025',
    '--bytes -32',
    '--bytes 32.5',
    '--bytes 0x40',
    '--bytes many',
    '--env 1A',
    '--env A=B',
    '--env A-B',
    'extra',
  ])('2 for `sojourn secret %s`, and prints none', async (flags) => {
    const { code, out, error } = await shell().sojourn(`secret ${flags}`)
    expect({ code, out }).toEqual({ code: 2, out: '' })
    expect(error).not.toBe('')
  })
})
