import { fork } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'

/** People who sign in at each server: requests are spread over them, as they are in life. */
export const USERS = 200

/**
 * A server under test in a process of its own, with people signed in by cookie.
 *
 * @param {string} kind see app/server.mjs
 * @param {{ redisUrl: string, profileFolder?: string }} options a folder for a CPU profile, if one is wanted
 */
export async function startServer(kind, { redisUrl, profileFolder }) {
  const child = fork(new URL('../app/server.mjs', import.meta.url), [kind], {
    env: { ...process.env, BENCH_REDIS_URL: redisUrl, NODE_ENV: 'production' },
    execArgv: profileFolder === undefined ? [] : profileArguments(kind, profileFolder),
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
  })
  const [line] = await once(child.stdout, 'data')
  const { port } = JSON.parse(line)
  return { kind, child, port, headers: { cookie: [], bearer: [] }, stop: () => stop(child) }
}

function profileArguments(kind, folder) {
  return ['--cpu-prof', `--cpu-prof-dir=${folder}`, `--cpu-prof-name=${kind}.cpuprofile`]
}

/** Lets the process end by itself: only then it writes its profile. */
async function stop(child) {
  const ended = once(child, 'exit')
  child.send('stop')
  await ended
}

/** What the process has used so far. */
export async function usage(child) {
  child.send('usage')
  const [answer] = await once(child, 'message')
  return answer
}

/**
 * Signs people in, everybody new, and makes sure that each of them is then known by the credential they were given.
 *
 * @param {'cookie' | 'bearer'} credential
 */
export async function signIn(server, credential) {
  for (let count = 0; count < USERS; count += 1) {
    const user = randomBytes(9).toString('base64url')
    const headers = await (credential === 'cookie' ? withCookie : withToken)(server, user)
    await assertKnown(server, headers, user)
    server.headers[credential].push(headers)
  }
}

// On plain http only localhost gets a cookie.
const address = ({ port }, path) => `http://localhost:${port}${path}`

async function withCookie(server, user) {
  const response = await fetch(address(server, `/login?user=${user}`), { method: 'POST' })
  const lines = response.headers.getSetCookie().filter((line) => !line.includes('Max-Age=0'))
  await response.arrayBuffer()
  return { cookie: lines.map((line) => line.split(';')[0]).join('; ') }
}

async function withToken(server, user) {
  const response = await fetch(address(server, `/token?user=${user}`), { method: 'POST' })
  const { accessToken } = await response.json()
  return { authorization: `Bearer ${accessToken}` }
}

async function assertKnown(server, headers, user) {
  const response = await fetch(address(server, '/me'), { headers })
  const { subject } = await response.json()
  if (server.kind === 'bare' || subject === `user-${user}`) return
  throw new Error(`${server.kind} took user-${user} for ${subject} (${response.status})`)
}
