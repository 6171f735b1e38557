/** The agent skill: found when it should be, and whatever it tells an agent to write works as it stands. */
import { execFile, spawn, type ChildProcess } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { freePort, startRedis, waitFor, type RedisServer } from '../../support/redis-server.js'
import { WebClient, type WebAnswer } from '../../support/web.js'

const ROOT = fileURLToPath(new URL('../../../../', import.meta.url))
const FILE = join(ROOT, 'skills/session-management/SKILL.md')
const text = readFileSync(FILE, 'utf8')
const blocks = [...text.matchAll(/^```(\w*)\n(.*?)^```$/gms)].map(([, language, code = '']) => ({
  language,
  code,
}))
const programs = blocks.filter(({ language }) => language === 'js').map(({ code }) => code)
const secret = (): string => randomBytes(32).toString('base64')

let server: RedisServer
let folder = ''
const children: ChildProcess[] = []
beforeAll(async () => {
  server = await startRedis()
  folder = mkdtempSync(join(tmpdir(), 'sojourn-skill-'))
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'))
})
afterAll(async () => {
  for (const child of children) child.kill('SIGKILL')
  rmSync(folder, { recursive: true, force: true })
  await server.stop()
})

/** Runs one program of the skill as it stands, and answers a way to new clients of it. */
async function run(name: string, program: string | undefined): Promise<() => WebClient> {
  const port = await freePort()
  writeFileSync(join(folder, name), program ?? '')
  const child = spawn(process.execPath, [name], {
    cwd: folder,
    env: {
      PATH: process.env['PATH'],
      PORT: String(port),
      // Two of them: the skill says that a list is taken.
      SESSION_SECRET: `${secret()},${secret()}`,
      SESSION_FILE: join(folder, 'sessions.db'),
      REDIS_URL: server.url,
    },
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  children.push(child)
  const newClient = (): WebClient => new WebClient({ port })
  await waitFor(`${name} to start`, async () => {
    if (child.exitCode !== null) throw new Error(`${name} ended at once`)
    return newClient()
      .get('/me')
      .then(
        () => true,
        () => false,
      )
  })
  return newClient
}

const json = ({ body }: WebAnswer): any => JSON.parse(body)

describe('the skill session-management', () => {
  it('S4-01: has a name, and a description that says what for and when: authentication, sessions, secure logout', () => {
    const [, front = ''] = /^---\n(.*?)\n---\n/s.exec(text) ?? []
    const fields = new Map(
      front.split('\n').map((line) => {
        const [name = '', value = ''] = line.split(/: (.*)/s)
        return [name, value]
      }),
    )
    expect([...fields.keys()]).toEqual(['name', 'description'])
    expect(fields.get('name')).toBe(basename(dirname(FILE)))
    expect(fields.get('name')).toMatch(/^[a-z0-9]+(-[a-z0-9]+)*$/)
    const description = fields.get('description') ?? ''
    expect(description.length).toBeLessThan(1024)
    // A colon and a blank would end a plain YAML value.
    expect(description).not.toMatch(/: | #/)
    const [, when = ''] = description.split('Use when')
    for (const words of ['building authentication', 'managing user sessions', 'secure logout']) {
      expect(when).toContain(words)
    }
  })

  it('S4-01: every import it names exists in the package', async () => {
    const imports = programs.flatMap((code) => [
      ...code.matchAll(/^import (.+?) from '(sojourn[^']*)'$/gm),
    ])
    expect(imports.length).toBeGreaterThanOrEqual(5)
    for (const [, names = '', specifier = ''] of imports) {
      const exported = Object.keys(await import(/* @vite-ignore */ specifier))
      const wanted = [...names.matchAll(/\w+/g)].map(([name]) => name)
      const isDefault = !names.startsWith('{')
      for (const name of isDefault ? ['default', ...wanted.slice(1)] : wanted) {
        expect([specifier, name, exported.includes(name)]).toEqual([specifier, name, true])
      }
    }
    const { exports } = JSON.parse(readFileSync(join(ROOT, 'library/package.json'), 'utf8'))
    for (const [, specifier = ''] of text.matchAll(/`sojourn(\/[\w-]+)`/g)) {
      expect(Object.keys(exports)).toContain(`.${specifier}`)
    }
  })

  it('S4-01: every link leads somewhere, and every block of code is one that these tests run', () => {
    const headings = [...text.matchAll(/^##+ (.+)$/gm)].map(([, words = '']) => words)
    for (const [, link = ''] of text.matchAll(/\]\(([^)]+)\)/g)) {
      const isThere = link.startsWith('#')
        ? headings.some((words) => `#${words.toLowerCase().replaceAll(' ', '-')}` === link)
        : existsSync(join(dirname(FILE), link))
      expect([link, isThere]).toEqual([link, true])
    }
    expect(blocks.map(({ language }) => language)).toEqual(['js', 'js', 'sh'])
  })

  it('S4-01: its program for applications that have express-session runs as it stands', async () => {
    const newClient = await run('drop-in.mjs', programs[0])
    const [client, second] = [newClient(), newClient()]
    expect((await client.get('/me')).status).toBe(401)
    const login = await client.post('/login')
    expect(login.cookies).toEqual([
      expect.stringMatching(/^session=s%3A.*; HttpOnly; SameSite=Strict$/),
    ])
    expect(json(await client.get('/me'))).toEqual({ userId: 'user-123' })
    await second.post('/login')
    const copy = newClient()
    copy.jar.set('session', client.jar.get('session') ?? '')
    const logout = await client.post('/logout')
    expect(logout.cookies).toEqual([expect.stringMatching(/^session=; .*Expires=Thu, 01 Jan 1970/)])
    const ended = await copy.get('/me')
    expect([ended.status, json(ended)]).toEqual([401, { reason: 'logged_out' }])
    expect(json(await second.get('/me'))).toEqual({ userId: 'user-123' })
    expect(json(await second.post('/logout-everywhere'))).toEqual({ ended: 1 })
    expect((await second.get('/me')).status).toBe(401)
  })

  it('S4-01: its program for new applications runs as it stands', async () => {
    const newClient = await run('new.mjs', programs[1])
    const [client, phone, second] = [newClient(), newClient(), newClient()]
    const tokens = json(await client.post('/login'))
    const bearing = { headers: { authorization: `Bearer ${tokens.accessToken}` } }
    expect(json(await phone.get('/me', bearing))).toMatchObject({ subject: 'user-123' })
    const pair = json(await phone.post('/auth/refresh', { refreshToken: tokens.refreshToken }))
    expect(pair.accessToken).toMatch(/^eyJ/)
    const garbage = await phone.send('/auth/refresh', { method: 'POST' })
    expect([garbage.status, json(garbage).error]).toEqual([401, 'Invalid refresh token'])
    await second.post('/login')
    expect(json(await client.get('/sessions')).sessions).toHaveLength(2)
    expect(json(await client.post('/logout'))).toEqual({ success: true })
    expect((await phone.get('/me', bearing)).status).toBe(401)
    expect(json(await second.post('/logout-everywhere'))).toEqual({ ended: 1 })
    expect((await second.get('/me')).status).toBe(401)
  })

  it('S4-01: the check that it recommends can be run', async () => {
    const [command = ''] = (blocks.at(-1)?.code ?? '').split(/ {2,}#|\n/)
    const [node, program = '', ...files] = command.split(' ')
    expect([node, files]).toEqual(['node', ['.env.staging', '.env.production']])
    for (const file of files) {
      const kinds = ['JWT_SECRET', 'REFRESH_SECRET', 'SESSION_SECRET']
      writeFileSync(join(folder, file), kinds.map((kind) => `${kind}=${secret()}`).join('\n'))
    }
    const examine = promisify(execFile)
    const { stdout } = await examine(process.execPath, [join(ROOT, program), ...files], {
      cwd: folder,
    })
    expect(stdout).toContain('All secrets are')
  })
})
