/** What is shipped to try the service with, tried: `npm start`, the walk by curl, the collection. */
import { execFile, spawn, type ChildProcess } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { freePort } from '../../../library/test/support/redis-server.js'
import { ROOT } from '../../../tools/workspace/places.mjs'
import { WALKS } from '../../src/api/walk/index.js'
import { temporaryFolder } from '../support/service.js'

const run = promisify(execFile)

const ADMIN_TOKEN = 'the-token-of-the-admin:Yk3v-Qp8t-Zr5n-Wm2x'

let npm: ChildProcess
let url: string
let output = ''

beforeAll(async () => {
  const port = await freePort()
  url = `http://localhost:${port}`
  npm = spawn('npm', ['start'], {
    cwd: ROOT,
    // As in `startService`: nothing of the environment of the test, which is that of many tests, but what npm needs.
    env: {
      PATH: process.env['PATH'],
      HOME: process.env['HOME'],
      NODE_ENV: 'development',
      PORT: String(port),
      DATA_DIR: temporaryFolder(),
      ADMIN_TOKEN,
    },
    // A group of its own: npm is no more than the parent of what is to be ended.
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  await new Promise<void>((resolve, reject) => {
    npm.once('close', () => reject(new Error(`npm start ended:\n${output}`)))
    for (const stream of [npm.stdout, npm.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        output += text
        if (output.includes('Server running on')) resolve()
      })
    }
  })
}, 120_000)
afterAll(async () => {
  if (npm.exitCode !== null || npm.signalCode !== null || npm.pid === undefined) return
  const ended = new Promise((resolve) => npm.once('close', resolve))
  process.kill(-npm.pid, 'SIGTERM')
  await ended
})

interface Walked {
  readonly requests: number
  readonly assertions: number
  readonly failures: readonly string[]
}

/** newman adds to the modules of Node in the process that it is in, so it gets one. */
const NEWMAN = `
  const { run } = require('newman')
  const { collection, environments } = JSON.parse(process.argv[1])
  const walk = (envVar) => new Promise((resolve, reject) => {
    run({ collection, envVar }, (error, { run: { stats, failures } = {} }) => {
      if (error) return reject(error)
      resolve({
        requests: stats.requests.total,
        assertions: stats.assertions.total,
        failures: failures.map(({ error, source }) => (source?.name ?? '') + ': ' + error.message),
      })
    })
  })
  const all = async () => {
    const walks = []
    for (const one of environments) walks.push(await walk(one))
    console.log(JSON.stringify(walks))
  }
  all()`

/** Goes through the collection as Postman does: once with the token of the administration, once without. */
async function walkCollection(): Promise<readonly [Walked, Walked]> {
  const collection = join(ROOT, 'examples/postman/sojourn.postman_collection.json')
  const environments = [ADMIN_TOKEN, ''].map((adminToken) => [
    { key: 'baseUrl', value: url },
    { key: 'adminToken', value: adminToken },
  ])
  const given = JSON.stringify({ collection, environments })
  const { stdout } = await run(process.execPath, ['-e', NEWMAN, given], { cwd: ROOT })
  return JSON.parse(stdout) as [Walked, Walked]
}

let walks: ReturnType<typeof walkCollection> | undefined

describe('what is shipped', () => {
  it('S3-37: the walk by curl with tokens: register, log in, profile, refresh, log out', async () => {
    const { stdout } = await run('sh', [join(ROOT, 'examples/curl/tokens.sh'), url])
    expect(stdout).toContain('"message":"User registered successfully"')
    expect(stdout).toContain('"message":"Login successful"')
    expect(stdout).toContain('"message":"Profile data"')
    expect(stdout).toContain('"message":"Logged out successfully"')
    expect(stdout).toContain('"reason":"logged_out"')
    expect(stdout).toMatch(/The walk is done\.\n$/)
  })

  it('S1-12: the walk by curl goes from end to end', async () => {
    const { stdout } = await run('sh', [join(ROOT, 'examples/curl/walk.sh'), url])
    expect(stdout).toContain('Welcome, first visit!')
    expect(stdout).toContain('User registered successfully')
    expect(stdout).toContain('Welcome to your dashboard, walker-')
    expect(stdout).toContain('"reason":"logged_out_elsewhere"')
    expect(stdout).toContain('"reason":"logged_out"')
    expect(stdout).toMatch(/The walk is done\.\n$/)
  })

  it('S0-30, S1-12: npm start serves, and Postman goes through the whole collection without one failed test', async () => {
    expect(output).toContain(`Server running on ${url}`)
    const [{ requests, assertions, failures }] = await (walks ??= walkCollection())
    expect(failures).toEqual([])
    const steps = WALKS.flatMap((walk) => walk.steps)
    expect(requests).toBe(steps.length)
    expect(assertions).toBeGreaterThanOrEqual(steps.length)
  })

  it('is asked for nothing of the administration by who gives no token', async () => {
    const [, { requests, failures }] = await (walks ??= walkCollection())
    expect(failures).toEqual([])
    const open = WALKS.filter(({ needs }) => needs === undefined).flatMap((walk) => walk.steps)
    expect(requests).toBe(open.length)
  })
})
