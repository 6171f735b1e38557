/** docs/guide/neighbours.md: every program in it runs as it stands, on the built package, and does what the text says. */
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { io as connect } from 'socket.io-client'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { freePort, waitFor } from '../../support/redis-server.js'
import { WebClient } from '../../support/web.js'
import { SECRET } from './modules.js'

const ROOT = fileURLToPath(new URL('../../../../', import.meta.url))
const guide = readFileSync(join(ROOT, 'docs/guide/neighbours.md'), 'utf8')

let folder = ''
const children: ChildProcess[] = []
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'sojourn-guide-'))
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'))
})
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL')
})
afterAll(() => {
  rmSync(folder, { recursive: true, force: true })
})

/** Runs the program of a chapter, and waits until it answers. */
async function chapter(title: string): Promise<{ client: WebClient; host: string }> {
  const [, code = ''] = guide.split(`\n## ${title}\n`)[1]?.split('\n## ')[0]?.split('```js\n') ?? []
  writeFileSync(join(folder, 'program.mjs'), code.split('\n```')[0] ?? '')
  const port = await freePort()
  const child = spawn(process.execPath, ['program.mjs'], {
    cwd: folder,
    env: {
      ...process.env,
      PORT: String(port),
      SESSION_SECRET: SECRET,
      SESSION_FOLDER: join(folder, 'sessions'),
    },
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  children.push(child)
  let errors = ''
  child.stderr.on('data', (chunk: Buffer) => {
    errors += chunk.toString()
  })
  await waitFor(`the program of "${title}"`, async () => {
    if (child.exitCode !== null) throw new Error(errors)
    return new WebClient({ port }).get('/nothing').then(
      () => true,
      () => false,
    )
  })
  return { client: new WebClient({ port }), host: `127.0.0.1:${String(port)}` }
}

describe('the guide to the neighbours', { timeout: 15_000 }, () => {
  it('passport: back to where the person wanted to go', async () => {
    const { client } = await chapter('passport')
    expect((await client.get('/private')).headers.location).toBe('/login')
    const before = client.cookie
    const wrong = await client.post('/login', { username: 'ada', password: 'wrong' })
    expect(wrong.headers.location).toBe('/login')
    const right = await client.post('/login', { username: 'ada', password: 'correct horse' })
    expect(right.headers.location).toBe('/private')
    expect(client.cookie).not.toBe(before)
    expect((await client.get('/private')).body).toBe('Hello ada')
    await client.post('/logout')
    expect((await client.get('/private')).status).toBe(302)
  })

  it('flash messages: once, on the page after the redirect', async () => {
    const { client } = await chapter('Flash messages')
    await client.post('/orders')
    expect((await client.get('/orders')).body).toBe('["Order 17 is on its way"]')
    expect((await client.get('/orders')).body).toBe('[]')
  })

  it('socket.io: the socket counts in the session of the page', async () => {
    const { client, host } = await chapter('socket.io')
    await client.get('/')
    const socket = connect(`http://${host}`, { extraHeaders: { cookie: client.cookie } })
    expect(await socket.emitWithAck('count')).toBe(1)
    expect(await socket.emitWithAck('count')).toBe(2)
    socket.close()
    expect((await client.get('/')).body).toBe('{"count":2}')
  })

  it('ws: a person who signed in is greeted, a stranger is refused', async () => {
    const { client, host } = await chapter('ws')
    const stranger = new WebSocket(`ws://${host}`).on('error', () => undefined)
    const [, refusal] = await once(stranger, 'unexpected-response')
    expect(refusal.statusCode).toBe(401)
    await client.post('/login')
    const socket = new WebSocket(`ws://${host}`, { headers: { cookie: client.cookie } })
    const [greeting] = (await once(socket, 'message')) as [Buffer]
    expect(greeting.toString()).toBe('Hello ada')
    socket.terminate()
  })

  it('stores that others wrote: sessions in files', async () => {
    const { client } = await chapter('Stores that others wrote')
    expect((await client.get('/')).body).toBe('Views: 1')
    expect((await client.get('/')).body).toBe('Views: 2')
    expect(readdirSync(join(folder, 'sessions'))).toHaveLength(1)
  })

  it('Fastify: signs in and out on a store of ours', async () => {
    const { client } = await chapter('Our stores in Fastify')
    expect((await client.get('/me')).body).toBe('{"user":null}')
    await client.post('/login')
    expect((await client.get('/me')).body).toBe('{"user":"ada"}')
    const { cookie } = client
    await client.post('/logout')
    expect((await client.get('/me', { headers: { cookie } })).body).toBe('{"user":null}')
  })
})
