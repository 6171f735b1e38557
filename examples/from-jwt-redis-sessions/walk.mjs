/**
 * Walks through the change with both programs running on one Redis, as in a rolling deployment:
 *
 *   JWT_SECRET=… REDIS_URL=… node examples/from-jwt-redis-sessions/walk.mjs
 *
 * Says what it does; ends with 1 at the first thing that is not as it should be.
 */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'

const running = []

async function start(program, environment = {}) {
  const child = spawn(process.execPath, [new URL(program, import.meta.url).pathname], {
    env: { ...process.env, PORT: '0', ...environment },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  running.push(child)
  const port = await portOf(child)
  return async (path, token, body) => {
    const response = await fetch(`http://localhost:${port}${path}`, {
      method: path === '/me' ? 'GET' : 'POST',
      headers: {
        ...(token === undefined ? {} : { Authorization: `Bearer ${token}` }),
        ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
      },
      body: body && JSON.stringify(body),
    })
    return { ...(await response.json()), status: response.status }
  }
}

/** What a program says when it listens. */
function portOf(child) {
  return new Promise((resolve, reject) => {
    child.once('exit', () => reject(new Error('A program ended at once.')))
    child.stdout.on('data', (text) => {
      const port = /localhost:(\d+)/.exec(String(text))?.[1]
      if (port !== undefined) resolve(port)
    })
  })
}

async function works(nodes, token, isGood = true) {
  for (const node of nodes) {
    assert.equal((await node('/me', token)).status, isGood ? 200 : 401)
  }
}

try {
  const before = await start('before.cjs')
  const ann = await before('/login', undefined, { name: 'ann' })
  const ben = await before('/login', undefined, { name: 'ben' })
  console.log('Before: Ann and Ben signed in at jwt-redis-sessions 3.0.1.')

  const after = await start('after.cjs')
  await works([before, after], ann.accessToken)
  console.log('After, beside it: the same tokens are good at both.')

  const next = await after('/refresh', ann.refreshToken)
  await works([before, after], next.accessToken)
  await works([before, after], ann.accessToken, false)
  console.log('Ann refreshed at the new one: the new pair is good at both, the old one at neither.')

  const again = await after('/refresh', ann.refreshToken)
  assert.equal(again.refreshToken, next.refreshToken)
  console.log('Her phone sent the same refresh token twice: it got the same pair, once more.')

  await after('/logout', ben.refreshToken)
  await works([before, after], ben.accessToken, false)
  console.log('Ben left with his refresh token in hand: now that really ends his session, at both.')

  const back = await before('/refresh', next.refreshToken)
  await works([before, after], back.accessToken)
  console.log('Going back: Ann refreshes at the old one with tokens of the new one.')

  const cora = await after('/login', undefined, { name: 'cora' })
  await works([after], cora.accessToken)
  await works([before], cora.accessToken, false)
  console.log('Who signed in at the new one is unknown at the old one, …')

  const sharing = await start('after.cjs', { SESSION_ADOPTION: 'share' })
  const dan = await sharing('/login', undefined, { name: 'dan' })
  await works([before, after, sharing], dan.accessToken)
  console.log('… unless SESSION_ADOPTION=share: Dan is known at both.')

  await before('/logout-all', dan.accessToken)
  await works([before, after, sharing], dan.accessToken, false)
  console.log('Dan left everywhere at the old one: it counts at both.')
} finally {
  for (const child of running) {
    child.kill()
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
  }
}
