import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { SERVICE_MAIN } from '../workspace/places.mjs'
import { StepFailed } from '../workspace/progress.mjs'

/** How long the service may take to start. */
const PATIENCE_MS = 20_000
const OTHER_DEVICES = [
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0',
  'Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1',
]

/** @typedef {{ name: string, value: string }} Cookie */

/**
 * A running service with data of its own, and the cookies of those who look at it.
 *
 * @typedef {object} Place
 * @property {string} origin
 * @property {Readonly<Record<'guest' | 'person' | 'administrator', readonly Cookie[]>>} cookies by who looks
 * @property {() => Promise<void>} stop
 */

/**
 * Starts the built service on the embedded default, with somebody who has three devices and an administrator.
 *
 * @returns {Promise<Place>}
 */
export async function startPlace() {
  const folder = await mkdtemp(join(tmpdir(), 'sojourn-lighthouse-'))
  const token = randomBytes(32).toString('base64url')
  const port = await freePort()
  const origin = `http://localhost:${String(port)}`
  const env = {
    PATH: process.env['PATH'],
    HOME: folder,
    DATA_DIR: folder,
    PORT: String(port),
    LOG_LEVEL: 'warn',
    ADMIN_TOKEN: token,
  }
  const child = spawn(process.execPath, [SERVICE_MAIN], {
    env,
    cwd: folder,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const stop = async () => {
    child.kill('SIGKILL')
    await rm(folder, { recursive: true, force: true })
  }
  try {
    await isListening(child)
    const person = await enter(origin, '/register', 'anna')
    for (const agent of OTHER_DEVICES) await enter(origin, '/login', 'anna', agent)
    const administrator = await makeAdministrator(origin, token)
    return { origin, cookies: { guest: [], person: person.cookies, administrator }, stop }
  } catch (error) {
    await stop()
    throw error
  }
}

/**
 * @param {string} origin
 * @param {string} token
 */
async function makeAdministrator(origin, token) {
  const { id } = await enter(origin, '/register', 'admin')
  const answer = await fetch(`${origin}/admin/users/${id}/role`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${token}`,
      'content-type': 'application/json',
      accept: 'application/json',
    },
    body: JSON.stringify({ role: 'admin' }),
  })
  if (!answer.ok)
    throw new StepFailed(`no administrator: ${String(answer.status)} ${await answer.text()}`)
  return (await enter(origin, '/login', 'admin')).cookies
}

/**
 * @param {string} origin
 * @param {'/register' | '/login'} path
 * @param {string} username
 * @param {string} [agent]
 */
async function enter(origin, path, username, agent = 'Lighthouse/1') {
  const answer = await fetch(origin + path, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      accept: 'application/json',
      'user-agent': agent,
    },
    body: JSON.stringify({ username, password: 'correct horse battery 9' }),
  })
  if (!answer.ok) throw new StepFailed(`${path}: ${String(answer.status)} ${await answer.text()}`)
  const body = /** @type {{ user: { id: string } }} */ (await answer.json())
  const cookies = answer.headers.getSetCookie().map((line) => {
    const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? []
    return { name, value }
  })
  return { id: body.user.id, cookies }
}

/** @param {import('node:child_process').ChildProcess} child */
async function isListening(child) {
  await new Promise((resolve, reject) => {
    const fail = () => {
      reject(new StepFailed('the service did not start'))
    }
    const patience = setTimeout(fail, PATIENCE_MS)
    child.once('exit', fail)
    child.stdout?.on('data', (/** @type {Buffer} */ chunk) => {
      if (!chunk.toString().includes('Server running on ')) return
      clearTimeout(patience)
      resolve(undefined)
    })
  })
}

/** @returns {Promise<number>} */
function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => {
        resolve(typeof address === 'object' && address !== null ? address.port : 0)
      })
    })
  })
}
