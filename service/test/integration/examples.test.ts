/** What is shipped to try the service with, tried: `npm start`, the walk by curl, the collection. */
import { execFile, spawn, type ChildProcess } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { freePort } from '../../../library/test/support/redis-server.js'
import { ROOT } from '../../../tools/workspace/places.mjs'
import { Client, type Answer } from '../support/client.js'
import { temporaryFolder } from '../support/service.js'

const run = promisify(execFile)

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

interface Request {
  readonly name: string
  readonly request: {
    readonly method: string
    readonly url: { readonly raw: string }
    readonly header: readonly { readonly key: string; readonly value: string }[]
    readonly body?: { readonly raw: string }
  }
  readonly event?: readonly { readonly script: { readonly exec: readonly string[] } }[]
}

/** A request of the collection, or a folder of them. */
type Item = Request | { readonly name: string; readonly item: readonly Item[] }

interface Collection {
  readonly variable: readonly { readonly key: string; readonly value: string }[]
  readonly item: readonly Item[]
}

const requestsOf = (items: readonly Item[]): readonly Request[] =>
  items.flatMap((item) => ('item' in item ? requestsOf(item.item) : [item]))

/** What the collection's scripts do with an answer that holds tokens. */
function keepTokens(given: Answer, variables: Map<string, string>): void {
  type Pair = Record<'accessToken' | 'refreshToken', string>
  const answer = given.json<Pair & { readonly tokens?: Pair }>()
  const { accessToken, refreshToken } = answer.tokens ?? answer
  variables.set('accessToken', accessToken).set('refreshToken', refreshToken)
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

  it('S0-30, S1-12: npm start serves, and every request of the collection is answered as it says', async () => {
    expect(output).toContain(`Server running on ${url}`)
    const path = join(ROOT, 'examples/postman/sojourn.postman_collection.json')
    const collection = JSON.parse(readFileSync(path, 'utf8')) as Collection
    const variables = new Map(collection.variable.map(({ key, value }) => [key, value]))
    expect(variables.get('baseUrl')).toBe('http://localhost:3000')
    variables.set('baseUrl', '')
    const fill = (text: string): string =>
      text.replace(/\{\{(\w+)\}\}/g, (_, name: string) => variables.get(name) ?? '?')
    const client = new Client(url)
    const requests = requestsOf(collection.item)
    for (const { name, request, event } of requests) {
      const headers = Object.fromEntries(request.header.map(({ key, value }) => [key, fill(value)]))
      const body = request.body === undefined ? undefined : fill(request.body.raw)
      const type = body === undefined ? {} : { 'Content-Type': 'application/json' }
      const answer: Answer = await client.request(request.method, fill(request.url.raw), {
        headers: { ...headers, ...type },
        ...(body === undefined ? {} : { body }),
      })
      const exec = event?.[0]?.script.exec.join('') ?? ''
      const promised = /have\.status\((\d+)\)/.exec(exec)?.[1]
      expect([name, String(answer.status)]).toEqual([name, promised])
      if (exec.includes("set('refreshToken'")) keepTokens(answer, variables)
    }
    // Nothing that start-up lists is missing from it.
    const listed = [...output.matchAll(/^ {2}([A-Z]+) +(\/\S*) {2,}\S/gm)]
    const asked = requests.map(({ request }) => `${request.method} ${fill(request.url.raw)}`)
    for (const [, method = '', route = ''] of listed) {
      if (route !== '/metrics') expect(asked).toContain(`${method} ${route}`)
    }
  })
})
