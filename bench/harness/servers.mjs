import { fork } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'

/** People who sign in at each server: requests are spread over them, as they are in life. */
export const USERS = 200

/**
 * A server under test in a process of its own, with nobody signed in yet.
 *
 * @param {string} kind see app/kinds.mjs
 * @param {{ redisUrl: string, profileFolder?: string }} options a folder for a CPU profile, if one is wanted
 */
export async function startServer(kind, { redisUrl, profileFolder }) {
  const startedAt = performance.now()
  const child = fork(new URL('../app/server.mjs', import.meta.url), [kind], {
    env: { ...process.env, BENCH_REDIS_URL: redisUrl, NODE_ENV: 'production' },
    execArgv: profileFolder === undefined ? [] : profileArguments(kind, profileFolder),
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
  })
  const [line] = await Promise.race([once(child.stdout, 'data'), once(child, 'exit')])
  if (child.exitCode !== null) throw new Error(`The server "${kind}" ended with ${line}.`)
  const { port } = JSON.parse(line)
  const headers = { cookie: [], bearer: [] }
  return { kind, child, port, headers, people: [], startedAt, stop: () => stop(child) }
}

function profileArguments(kind, folder) {
  return ['--cpu-prof', `--cpu-prof-dir=${folder}`, `--cpu-prof-name=${kind}.cpuprofile`]
}

/** Lets the process end by itself: only then it writes its profile. */
async function stop(child) {
  if (child.exitCode !== null) return
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
export async function signIn(server, credential, people = USERS) {
  for (let count = 0; count < people; count += 1) {
    const user = someone()
    const headers = await (credential === 'cookie' ? withCookie : withToken)(server, user)
    await assertKnown(server, headers, user)
    server.headers[credential].push(headers)
    server.people.push(user)
  }
}

/** Somebody who was never here before. */
export const someone = () => randomBytes(9).toString('base64url')

/** One of those who have signed in at a server before. */
export const anybody = ({ people }) => people[Math.floor(Math.random() * people.length)]

// On plain http only localhost gets a cookie.
const address = ({ port }, path) => `http://localhost:${port}${path}`

/** Tries again where a busy machine made a store miss its deadline: that is no finding, and must not end a long run. */
async function ask(url, init) {
  for (let tries = 3; ; tries -= 1) {
    const response = await fetch(url, init)
    if (response.status !== 503 || tries === 0) return response
    await response.arrayBuffer()
    await new Promise((resolve) => setTimeout(resolve, 1_000))
  }
}

async function withCookie(server, user) {
  const response = await ask(address(server, `/login?user=${user}`), { method: 'POST' })
  const lines = response.headers.getSetCookie().filter((line) => !line.includes('Max-Age=0'))
  await response.arrayBuffer()
  return { cookie: lines.map((line) => line.split(';')[0]).join('; ') }
}

async function withToken(server, user) {
  const response = await ask(address(server, `/token?user=${user}`), { method: 'POST' })
  const { accessToken } = await response.json()
  return { authorization: `Bearer ${accessToken}` }
}

async function assertKnown(server, headers, user) {
  const response = await ask(address(server, '/me'), { headers })
  const { subject } = await response.json()
  if (server.kind.startsWith('bare') || subject === `user-${user}`) return
  throw new Error(`${server.kind} took user-${user} for ${subject} (${response.status})`)
}
