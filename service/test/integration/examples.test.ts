/** What is shipped to try the service with, tried: `npm start`, the walk by curl, the collection. */
import { execFile, spawn, type ChildProcess } from 'node:child_process'
import { createRequire } from 'node:module'
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
    env: {
      ...process.env,
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
  const ended = new Promise((resolve) => npm.once('close', resolve))
  process.kill(-(npm.pid ?? 0), 'SIGTERM')
  await ended
})

interface Newman {
  run(
    options: object,
    done: (error: Error | null, summary: { readonly run: NewmanRun }) => void,
  ): void
}

interface NewmanRun {
  readonly stats: Readonly<Record<'requests' | 'assertions', { readonly total: number }>>
  readonly failures: readonly {
    readonly error: Error
    readonly source?: { readonly name: string }
  }[]
}

/** Goes through the collection as Postman does. */
async function runCollection(baseUrl: string, adminToken: string): Promise<NewmanRun> {
  const newman = createRequire(import.meta.url)('newman') as Newman
  const collection = join(ROOT, 'examples/postman/sojourn.postman_collection.json')
  const envVar = [
    { key: 'baseUrl', value: baseUrl },
    { key: 'adminToken', value: adminToken },
  ]
  return new Promise((resolve, reject) => {
    newman.run({ collection, envVar }, (error, summary) => {
      if (error === null) resolve(summary.run)
      else reject(error)
    })
  })
}

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
    const { stats, failures } = await runCollection(url, ADMIN_TOKEN)
    expect(failures.map(({ error, source }) => `${source?.name ?? ''}: ${error.message}`)).toEqual(
      [],
    )
    const steps = WALKS.flatMap((walk) => walk.steps)
    expect(stats.requests.total).toBe(steps.length)
    expect(stats.assertions.total).toBeGreaterThanOrEqual(steps.length)
  })

  it('is asked for nothing of the administration by who gives no token', async () => {
    const { stats, failures } = await runCollection(url, '')
    expect(failures).toEqual([])
    const open = WALKS.filter(({ needs }) => needs === undefined).flatMap((walk) => walk.steps)
    expect(stats.requests.total).toBe(open.length)
  })
})
