import { describe, expect, it } from 'vitest'
import { shell } from './support.js'

const part = (value: unknown): string =>
  Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url')
const TOKEN = `${part({ alg: 'EdDSA', typ: 'at+jwt' })}.${part({ sub: 'ada', exp: 1_704_067_200 })}.c2ln`

describe('sojourn token decode', () => {
  it('S3-44: shows header and claims, and that nothing was verified', async () => {
    const { code, out } = await shell().call(['token', 'decode', TOKEN])
    expect(code).toBe(0)
    expect(out.split('\n')[0]).toMatch(/^NOT VERIFIED: anybody can write such a token/)
    expect(out).toContain('"alg": "EdDSA"')
    expect(out).toContain('"sub": "ada"')
    expect(out).toContain('exp       2024-01-01T00:00:00.000Z')
    expect(out).not.toContain('c2ln')
  })

  it('reads the standard input, so that the token stands in no history', async () => {
    const { call } = shell()
    const { out } = await call(['token', 'decode', '-', '--json'], { input: `Bearer ${TOKEN}\n` })
    expect(JSON.parse(out)).toEqual({
      isVerified: false,
      header: { alg: 'EdDSA', typ: 'at+jwt' },
      claims: { sub: 'ada', exp: 1_704_067_200 },
    })
  })

  it('needs no configuration', async () => {
    const { call } = shell({ SESSION_SECRET: undefined, JWT_SECRET: undefined })
    expect((await call(['token', 'decode', TOKEN])).code).toBe(0)
  })

  it.each([
    ['an opaque token', 'abc.def'],
    ['five parts', `${TOKEN}.a.b`],
    ['no JSON', `${part('{oops')}.${part({})}.x`],
    ['no object', `${part({})}.${part([1])}.x`],
    ['no UTF-8', `${Buffer.from([0x22, 0xff, 0x22]).toString('base64url')}.${part({})}.x`],
    ['too long', 'a'.repeat(70_000)],
  ])('%s fails, and is not quoted', async (_what, text) => {
    const { code, out, error } = await shell().call(['token', 'decode', text])
    expect({ code, out }).toEqual({ code: 1, out: '' })
    expect(error).toMatch(/^sojourn: This is/)
    expect(error).not.toContain(text.slice(0, 20))
    expect(error).not.toContain('oops')
  })

  it('lets no claim play with the terminal', async () => {
    const claims = { a: '\u001b[2J\u009b31m\u202egnp', exp: 1e300, iat: 'x' }
    const { out } = await shell().call(['token', 'decode', `${part({})}.${part(claims)}.x`])
    // eslint-disable-next-line no-control-regex -- those are what must not come out
    expect(out).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/)
    expect(out).toContain('\\u009b31m')
    expect(out).not.toContain('Invalid')
  })
})
