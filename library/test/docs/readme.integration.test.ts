/** What the README says is what happens: its chapters exist, its links lead somewhere, its code runs as it stands. */
import { spawn, type ChildProcess } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { freePort, startRedis } from '../support/redis-server.js'
import { WebClient } from '../support/web.js'

const ROOT = fileURLToPath(new URL('../../../', import.meta.url))
const readme = readFileSync(join(ROOT, 'README.md'), 'utf8')
const blocks = [...readme.matchAll(/```js\n(.*?)```/gs)].map(([, code = '']) => code)
const children: ChildProcess[] = []
let folder = ''

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'sojourn-readme-'))
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'))
})
afterAll(() => {
  for (const child of children) child.kill('SIGKILL')
  rmSync(folder, { recursive: true, force: true })
})

function run(name: string, code: string, environment: Record<string, string>): ChildProcess {
  writeFileSync(join(folder, name), code)
  const child = spawn(process.execPath, [name], {
    cwd: folder,
    env: {
      ...process.env,
      SESSION_SECRET: 'a secret for the readme that is long enough',
      ...environment,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  children.push(child)
  return child
}

async function output(child: ChildProcess): Promise<{ code: number | null; text: string }> {
  let text = ''
  child.stdout?.on('data', (chunk: Buffer) => {
    text += chunk.toString()
  })
  child.stderr?.on('data', (chunk: Buffer) => {
    text += chunk.toString()
  })
  return new Promise((resolve) =>
    child.on('close', (code) => {
      resolve({ code, text })
    }),
  )
}

async function answering(port: number): Promise<WebClient> {
  for (let tries = 0; tries < 100; tries += 1) {
    const client = new WebClient({ port })
    if (
      await client.get('/me').then(
        () => true,
        () => false,
      )
    )
      return client
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  throw new Error('the example did not start')
}

describe('the README', () => {
  it('S0-34: has the chapters that a reader of the source document looks for', () => {
    for (const chapter of [
      'Features',
      'Project structure',
      'Prerequisites',
      'Installation',
      'Configuration',
      'Running',
      'Environment variables',
      'Security considerations',
      'Redis configuration',
      'License',
    ]) {
      expect(readme).toMatch(new RegExp(`^##+ ${chapter}$`, 'm'))
    }
  })

  it('S0-35: the licence is MIT, in the file and in every package', () => {
    expect(readFileSync(join(ROOT, 'LICENSE'), 'utf8')).toMatch(/^MIT License\n/)
    for (const name of ['package.json', 'library/package.json', 'service/package.json']) {
      expect(JSON.parse(readFileSync(join(ROOT, name), 'utf8'))).toMatchObject({ license: 'MIT' })
    }
  })

  it('S1-13: shows a picture of the system', () => {
    expect(readme).toMatch(/```mermaid\nflowchart/)
  })

  it('S0-33: a recipe for automatic snapshots of MemoryDB is documented', () => {
    const guide = readFileSync(join(ROOT, 'docs/guide/redis.md'), 'utf8')
    expect(guide).toMatch(/MemoryDB/)
    expect(guide).toMatch(/--snapshot-retention-limit/)
  })

  it('links only to what is there, here and in the other documents', () => {
    for (const name of [
      'README.md',
      'ARCHITECTURE.md',
      'CONTRIBUTING.md',
      'SECURITY.md',
      'docs/status.md',
      'docs/guide/redis.md',
      'docs/guide/tokens.md',
      'docs/guide/from-express-session.md',
      'docs/guide/from-connect-redis.md',
      'docs/guide/from-jwt-redis-sessions.md',
      'docs/guide/csrf-from-csurf.md',
      'docs/guide/neighbours.md',
      'docs/decisions/0007-drop-ins.md',
      'examples/README.md',
      'deploy/README.md',
      'bench/README.md',
    ]) {
      const text = readFileSync(join(ROOT, name), 'utf8')
      for (const [, link = ''] of text.matchAll(/\]\(((?!https?:|#|mailto:)[^)#\s]+)/g)) {
        expect([name, link, existsSync(join(ROOT, dirname(name), link))]).toEqual([
          name,
          link,
          true,
        ])
      }
    }
  })

  it('the Express example runs as it stands: count views, sign in, see the session, sign out', async () => {
    const port = await freePort()
    run('express.mjs', blocks[0] ?? '', { PORT: String(port) })
    const client = await answering(port)
    expect((await client.get('/')).body).toBe('Views: 1')
    expect((await client.get('/')).body).toBe('Views: 2')
    expect((await client.post('/login')).status).toBe(303)
    expect(JSON.parse((await client.get('/me')).body)).toMatchObject({ subject: 'user-123' })
    const second = new WebClient({ port })
    await second.post('/login')
    expect(JSON.parse((await client.post('/logout-all')).body)).toEqual({ ended: 2 })
    const out = await second.get('/me')
    expect([out.status, JSON.parse(out.body).reason]).toEqual([401, 'revoked_admin'])
    await client.post('/login')
    expect(JSON.parse((await client.post('/logout')).body)).toEqual({ ended: true })
    expect((await client.get('/me')).status).toBe(401)
  })

  it('the Redis example connects as it stands', async () => {
    const server = await startRedis()
    const code = `${blocks[1] ?? ''}\nawait store.check()\nconsole.log('reached')\nsubscriber.destroy()\nclient.destroy()\n`
    const { code: exit, text } = await output(run('redis.mjs', code, { REDIS_URL: server.url }))
    await server.stop()
    expect([exit, text.trim()]).toEqual([0, 'reached'])
  })

  it('the example of the token guide runs as it stands: sign in, use, refresh, sign out', async () => {
    const guide = readFileSync(join(ROOT, 'docs/guide/tokens.md'), 'utf8')
    const [, code = ''] = /```js\n(.*?)```/s.exec(guide) ?? []
    const port = await freePort()
    run('tokens.mjs', code, { PORT: String(port) })
    await answering(port)
    const client = new WebClient({ port })
    const pair = JSON.parse((await client.post('/login')).body) as Record<string, string>
    const phone = new WebClient({ port })
    const bearer = (token = '') => ({ headers: { authorization: `Bearer ${token}` } })
    expect((await phone.get('/orders', bearer(pair['accessToken']))).status).toBe(200)
    const next = JSON.parse(
      (await phone.post('/refresh', { refreshToken: pair['refreshToken'] })).body,
    ) as Record<string, string>
    expect(JSON.parse((await phone.get('/me', bearer(next['accessToken']))).body)).toMatchObject({
      subject: 'user-123',
    })
    expect((await phone.get('/me')).status).toBe(401)
  })
})
