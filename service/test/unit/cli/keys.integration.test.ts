import { join } from 'node:path'
import { openSqliteStore } from 'sojourn/sqlite'
import { describe, expect, it } from 'vitest'
import { hostFiles, loadConfig } from '../../../src/config/load.js'
import { openKeyRing } from '../../../src/open-key-ring.js'
import { newSecret } from '../config/support.js'
import { newPem, shell } from './support.js'

/** A node of the service beside the shell: its own connection, its own ring. */
async function node(environment: Record<string, string | undefined>) {
  const config = loadConfig(environment, hostFiles)
  const store = await openSqliteStore({ file: join(config.dataDir, 'sessions.db') })
  const ring = openKeyRing(config, store)
  await ring.ready()
  return { ring, close: async () => store.close() }
}

interface Listed {
  readonly kid: string
  readonly state: string
  readonly isSigning: boolean
}

async function list(terminal: ReturnType<typeof shell>): Promise<Listed[]> {
  return (await terminal.json('keys list')).keys
}

describe('sojourn keys', () => {
  it('list says which store it talks to, and what each key does', async () => {
    const { sojourn, environment } = shell()
    const { code, out, error } = await sojourn('keys list')
    expect({ code, error }).toEqual({ code: 0, error: '' })
    expect(out).toContain(`store: embedded, in ${environment.DATA_DIR}`)
    expect(out).toMatch(/KEY +ALGORITHM +STATE/)
    expect(out).toMatch(/[\w-]{16} +EdDSA +active, signs +JWT_SECRET +from the start/)
  })

  it('list has lines for people, and none for programs', async () => {
    const { call } = shell()
    expect((await call(['keys', 'list'], { columns: 100 })).out).toContain('┌')
    expect((await call(['keys', 'list'])).out).not.toContain('┌')
  })

  it('ASVS 11.1.1: create, activate, retire and revoke, with both keys good in between', async () => {
    const terminal = shell()
    const service = await node(terminal.environment)
    const before = service.ring.signing().kid
    const { kid } = await terminal.json('keys generate')
    expect((await list(terminal)).map((key) => [key.kid, key.state])).toEqual([
      [before, 'active'],
      [kid, 'published'],
    ])
    expect((await terminal.sojourn(`keys activate ${kid}`)).code).toBe(0)
    expect((await terminal.sojourn(`keys retire ${before}`)).code).toBe(0)
    await expect.poll(async () => (await fresh(service)).signing().kid).toBe(kid)
    expect(service.ring.find(before)).toBeDefined()
    expect((await terminal.sojourn(`keys retire ${before} --now`)).code).toBe(0)
    await expect.poll(async () => (await fresh(service)).find(before)).toBeUndefined()
    expect(service.ring.find(kid)).toBeDefined()
    await service.close()
  })

  it('a leaked key is refused by a running node within a second', async () => {
    const terminal = shell()
    const service = await node(terminal.environment)
    const { kid } = service.ring.signing()
    await terminal.sojourn(`keys retire ${kid} --now`)
    const from = performance.now()
    await expect
      .poll(async () => (await fresh(service)).find(kid), { interval: 10 })
      .toBeUndefined()
    expect(performance.now() - from).toBeLessThan(1_000)
    expect(service.ring.signing().kid).not.toBe(kid)
    await service.close()
  })

  it('rotate tells who is signed out, and a dry run changes nothing', async () => {
    const { sojourn, json } = shell()
    const [before] = (await json('keys list')).keys
    const tried = await sojourn('keys rotate --dry-run')
    expect(tried.code).toBe(0)
    expect(tried.out).toContain('This would happen (nothing was changed):')
    expect(tried.out).toContain('(a new key)')
    expect(tried.out).toContain('Nobody is signed out.')
    expect(tried.out).toMatch(
      new RegExp(`Access tokens of ${before.kid} stop working at 20\\S+Z \\(in 25 min\\)`),
    )
    expect(tried.out).toContain('Clients with a refresh token or a cookie go on.')
    expect((await json('keys list')).keys).toHaveLength(1)
    const done = await sojourn('keys rotate')
    expect(done.out).toContain('Done:')
    expect((await json('keys list')).keys).toHaveLength(2)
  })

  it('rotate --now to another algorithm', async () => {
    const { json } = shell()
    const { kid } = await json('keys rotate --now --algorithm ES256')
    const { keys } = await json('keys list')
    expect(keys[0]).toMatchObject({ kid, algorithm: 'ES256', isSigning: true })
    expect(keys[1]).toMatchObject({ origin: 'option', state: 'retiring' })
  })

  it('retire --now says that tokens end, and that JWT_SECRET still holds the key', async () => {
    const { sojourn, json } = shell()
    const [{ kid }] = (await json('keys list')).keys
    const { out } = await sojourn(`keys retire ${kid} --now --dry-run`)
    expect(out).toContain(`Access tokens of ${kid} stop working now`)
    expect(out).toMatch(/Note: .*JWT_SECRET/)
    expect(out).toContain('Nobody is signed out.')
  })

  it('what it prints holds no secret and no private key', async () => {
    const { sojourn, environment } = shell()
    const lines = ['keys list', 'keys rotate', 'keys list --json', 'keys generate --json']
    const answers = await Promise.all(lines.map(async (line) => sojourn(line)))
    const text = answers.map(({ out, error }) => out + error).join('\n')
    const { SESSION_SECRET, REFRESH_SECRET, JWT_SECRET } = environment
    for (const secret of [SESSION_SECRET, REFRESH_SECRET, JWT_SECRET?.split('\n')[1]]) {
      expect(text).not.toContain(secret)
    }
    expect(text).not.toContain('sealed')
  })

  it('takes a kid that begins with a hyphen', async () => {
    const { sojourn } = shell()
    const { code, error } = await sojourn('keys retire -abcdefghijklmno --dry-run')
    expect(code).toBe(1)
    expect(error).toContain('The ring has no key of that kid.')
    expect(error).toContain('sojourn keys list')
  })

  it('refuses to change a shared secret, and says what to do instead', async () => {
    const { sojourn } = shell({ JWT_SECRET: newSecret() })
    for (const line of ['generate', 'rotate', 'activate x', 'retire x --now', 'rotate --dry-run']) {
      const { code, error, out } = await sojourn(`keys ${line}`)
      expect({ code, out }).toEqual({ code: 1, out: '' })
      expect(error).toContain('shared secret (HS256)')
      expect(error).toContain('put a new secret in front')
    }
    const { code, out } = await sojourn('keys list')
    expect(code).toBe(0)
    expect(out).toMatch(/HS256 +active, signs/)
  })

  it('refuses JWT_SECRET with both kinds of keys', async () => {
    const { sojourn } = shell({ JWT_SECRET: `${newPem()},${newSecret()}` })
    const { code, error } = await sojourn('keys list')
    expect(code).toBe(78)
    expect(error).toContain('CONFIG_ALG: JWT_SECRET mixes shared secrets (HS256) and private keys')
  })
})

async function fresh({ ring }: Awaited<ReturnType<typeof node>>) {
  await ring.ensureFresh()
  return ring
}

describe('what the shell is told', () => {
  it('0 for help, on the standard output', async () => {
    for (const line of ['--help', 'keys --help', 'keys rotate --help', 'token decode --help']) {
      const { code, out, error } = await shell().sojourn(line)
      expect({ line, code, error }).toEqual({ line, code: 0, error: '' })
      expect(out).toContain('Usage: sojourn')
    }
    expect((await shell().sojourn('keys --help')).out).toContain('sojourn keys rotate --dry-run')
  })

  it.each([
    ['keys rotat', /Did you mean rotate\?/],
    ['key list', /Did you mean keys\?/],
    ['keys rotate --dry-rum', /Did you mean --dry-run\?/],
    ['keys generate --algorithm HS256', /Allowed choices are EdDSA, ES256, RS256/],
    ['keys retire', /missing required argument 'kid'/],
    ['keys list extra', /too many arguments/],
    ['keys', /Usage: sojourn keys/],
  ])('2 for `sojourn %s`', async (line, words) => {
    const { code, out, error } = await shell().sojourn(line)
    expect({ code, out }).toEqual({ code: 2, out: '' })
    expect(error).toMatch(words)
  })

  it('78 for a configuration that the service would refuse, with all its reasons', async () => {
    const { sojourn } = shell({ SESSION_SECRET: 'short', REFRESH_SECRET: undefined })
    const { code, out, error } = await sojourn('keys list')
    expect({ code, out }).toEqual({ code: 78, out: '' })
    expect(error).toContain('sojourn: CONFIG_SECRET_SHORT')
    expect(error).toContain('sojourn: CONFIG_SECRET_MISSING')
  })

  it('69 for a ring that cannot be read, and nothing is overwritten', async () => {
    const terminal = shell()
    const store = await openSqliteStore({
      file: join(terminal.environment.DATA_DIR, 'sessions.db'),
    })
    await store.writeDocument('key-ring', 'damaged', 0)
    const { code, error } = await terminal.sojourn('keys rotate')
    expect(code).toBe(69)
    expect(error).toContain('The store cannot be used')
    expect(await store.readDocument('key-ring')).toEqual({ text: 'damaged', revision: 1 })
    await store.close()
  })
})
