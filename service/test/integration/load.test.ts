import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { SERVICE_CLI } from '../../../tools/workspace/places.mjs'
import { run } from '../../src/cli/program.js'
import type { LoadReport } from '../../src/load/report.js'
import { startService, temporaryFolder, type Service } from '../support/service.js'

/** `sojourn load`, against the service and against servers of the test, in one file that starts one service. */

const METRICS_TOKEN = randomBytes(32).toString('base64url')
const CLI = SERVICE_CLI

let service: Service
beforeAll(async () => {
  service = await startService({ METRICS_TOKEN, LOG_LEVEL: 'warn' })
})
afterAll(async () => service[Symbol.asyncDispose]())

interface Said {
  readonly code: number
  readonly out: string
  readonly error: string
}

/** `sojourn load …` in this process. */
async function load(...args: string[]): Promise<Said> {
  let [out, error] = ['', '']
  const code = await run(['load', ...args], {
    environment: () => ({}),
    write: (text) => void (out += text),
    writeError: (text) => void (error += text),
    readInput: async () => 'sid=good',
    columns: undefined,
  })
  return { code, out, error }
}

async function report(...args: string[]): Promise<LoadReport & { advice: string[]; code: number }> {
  const { code, out, error } = await load(...args, '--json')
  expect(error, error).not.toMatch(/^error/m)
  return { ...(JSON.parse(out) as LoadReport & { advice: string[] }), code }
}

const servers: Server[] = []
afterAll(() => {
  for (const server of servers) server.closeAllConnections()
  for (const server of servers) server.close()
})

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener).listen(0, '127.0.0.1')
  servers.push(server)
  await once(server, 'listening')
  return `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`
}

/** What the service has counted: the value of each series. */
async function counted(): Promise<(series: string) => number> {
  const headers = { Authorization: `Bearer ${METRICS_TOKEN}` }
  const answer = await service.client().get('/metrics', { headers })
  expect(answer.status).toBe(200)
  const values = new Map(
    answer.text
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#'))
      .map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.split(' ').at(-1))]),
  )
  return (series) => values.get(series) ?? 0
}

/** The series of a route, over all classes of status. */
const requests = (method: string, route: string): string[] =>
  ['2xx', '3xx', '4xx', '5xx', 'aborted'].map(
    (status) => `http_requests_total{method="${method}",route="${route}",status_class="${status}"}`,
  )

describe('sojourn load', () => {
  it('S1-19: people do everything at the real service, and it has counted what the report says', async () => {
    const before = await counted()
    const said = await report(
      ...[service.url, '--users', '8', '--accounts', '4', '--show', 'both'],
      ...['--connections', '4', '--duration', '2s', '--warm-up', '200ms', '--rate', '40'],
      ...['--mix', 'read=5,write=2,refresh=2,sign-in=2,sign-out=2', '--max-p99', '30s'],
      // What a busy machine does not come to send is no error of the service.
      ...['--max-errors', '90%'],
    )
    const after = await counted()
    const grown = (...series: string[]): number =>
      series.reduce((sum, one) => sum + after(one) - before(one), 0)
    const { warmUp, enrolment, signOut } = said.beside
    const made = (operation: string): number =>
      (said.operations.find((one) => one.operation === operation)?.count ?? 0) +
      (warmUp[operation] ?? 0)

    expect([said.code, said.misses]).toEqual([0, []])
    const unsent = said.all.errors['not-sent'] ?? 0
    expect([said.errors, said.all.count]).toEqual([unsent, 80])
    expect(said.operations.reduce((sum, { count }) => sum + count, 0)).toBe(80 - unsent)
    for (const { operation, count, latency } of said.operations) {
      expect(count, operation).toBeGreaterThan(0)
      expect(latency.p50).toBeGreaterThan(0)
    }
    expect(enrolment).toEqual({ register: 4, 'sign-in': 4 })
    expect(grown(...requests('POST', '/register'))).toBe(4)
    expect(grown(...requests('POST', '/login'))).toBe(made('sign-in') + 4)
    expect(grown('sojourn_sign_ins_total{outcome="ok"}')).toBe(made('sign-in') + 4)
    expect(grown(...requests('GET', '/session'))).toBe(made('read'))
    expect(grown(...requests('PATCH', '/session'))).toBe(made('write'))
    expect(grown(...requests('POST', '/refresh'))).toBe(made('refresh'))
    const refreshed = ['rotated', 'replayed', 'healed', 'forgiven'].map(
      (how) => `sojourn_refreshes_total{outcome="${how}"}`,
    )
    expect(grown(...refreshed)).toBe(made('refresh'))
    const signOuts = made('sign-out') + (signOut['sign-out'] ?? 0)
    expect(grown(...requests('POST', '/logout'))).toBe(signOuts)
    expect(said.advice.join(' ')).toContain('shared one machine')

    // The script runs here as a smoke; its figures are published with the machine they are from.
    const page = readFileSync(
      new URL('../../../docs/guide/load-testing.md', import.meta.url),
      'utf8',
    )
    expect(page).toMatch(/^all +[\d,]+ +[\d,.]+\/s/m)
    expect(page).toMatch(/2 x AMD EPYC, Node v20.*2026/)
  })

  it('does not let a server that stands still hide who had to wait', async () => {
    let isStill = false
    const url = await serve((_request, response) => {
      // Once, for as long as fifty requests are due.
      const stall = isStill ? 0 : 500
      isStill = true
      setTimeout(() => response.end('.'), stall)
    })
    const how = [url, '--app', '--connections', '1', '--duration', '1s', '--warm-up', '0s']
    const { all, served } = await report(...how, '--rate', '100', '--max-errors', '100%')
    expect(all.count).toBe(100)
    // One of a hundred was slow to be served; fifty had to wait for it, ten of them for more than 400 ms.
    expect(all.latency.p90).toBeGreaterThan(350)
    expect(served.p90).toBeLessThan(all.latency.p90 / 2)
  })

  it('counts what was due and never sent as failed', async () => {
    const url = await serve((_request, response) => void setTimeout(() => response.end('.'), 200))
    const how = [url, '--app', '--connections', '2', '--duration', '400ms', '--warm-up', '0s']
    const { code, all, advice } = await report(...how, '--rate', '100')
    expect(code).toBe(1)
    expect(all.count).toBe(40)
    expect(all.errors['not-sent']).toBeGreaterThan(30)
    expect(advice[0]).toContain('were due and found no connection')
  })

  it('asks an application by its paths, with the credential, and tells errors by kind', async () => {
    let asked = 0
    const cookies = new Set<string | undefined>()
    const url = await serve((request, response) => {
      asked += 1
      cookies.add(request.headers.cookie)
      response.statusCode = request.url === '/me' ? 200 : ([429, 503, 401][asked % 3] as number)
      setTimeout(() => response.end('hello'), 2)
    })
    const how = ['--app', '--path', '/me', '--path', '/no', '--cookie', '-', '--warm-up', '0s']
    const { code, operations, conditions, all, advice } = await report(
      ...[url, ...how, '--duration', '400ms', '--connections', '3'],
    )
    expect([code, conditions.sender]).toEqual([1, 'autocannon'])
    expect([...cookies]).toEqual(['sid=good'])
    const [me, no] = operations
    expect([me?.operation, me?.errors]).toEqual(['GET /me', {}])
    expect(Object.keys(no?.errors ?? {})).toEqual(['401', '429', '503'])
    expect(Object.values(no?.errors ?? {}).reduce((sum, one) => sum + one)).toBe(no?.count)
    expect(all.count).toBe((me?.count ?? 0) + (no?.count ?? 0))
    expect(all.count).toBeLessThanOrEqual(asked)
    // What is answered after the end is not measured.
    expect(all.count).toBeGreaterThan(asked / 2)
    expect(advice.join('\n')).toMatch(/were 429.*\n.*were 503.*\n.*were 401/)
  })

  it('tells why nobody could be signed in, and what to do', async () => {
    const answers = {
      '429': 'RATE_LIMIT=1000000',
      '404': 'this is no sojourn service',
      '200': '--app',
    }
    for (const [status, words] of Object.entries(answers)) {
      const url = await serve((_request, response) => {
        response.statusCode = Number(status)
        response.end('{"a":1}')
      })
      const { code, out, error } = await load(url, '--users', '2', '--duration', '100ms')
      expect([code, out]).toEqual([1, ''])
      expect(error).toContain(words)
    }
  })

  it('tells a timeout from a lost connection', async () => {
    let asked = 0
    const url = await serve((request) => {
      asked += 1
      if (asked % 2 === 0) request.socket.destroy()
    })
    const how = ['--app', '--duration', '300ms', '--warm-up', '0s', '--timeout', '50ms']
    const { all } = await report(url, ...how, '--connections', '6', '--rate', '20')
    expect(Object.keys(all.errors)).toEqual(expect.arrayContaining(['connection', 'timeout']))
    expect(Object.values(all.errors).reduce((sum, one) => sum + one)).toBe(all.count)
  })

  it('prints what was measured until somebody stopped it, and no credential', async () => {
    const file = join(temporaryFolder(), 'token')
    writeFileSync(file, 'a-secret-access-token\n')
    const seen = new Set<string | undefined>()
    const url = await serve((request, response) => {
      seen.add(request.headers.authorization)
      response.end('.')
    })
    const how = ['--app', '--bearer', file, '--rate', '50', '--warm-up', '0s', '--duration', '60s']
    const child = spawn(process.execPath, [CLI, 'load', url, ...how])
    let text = ''
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (words: string) => (text += words))
    }
    for (const until = performance.now() + 10_000; seen.size === 0;) {
      if (performance.now() > until) throw new Error(text)
      await pause(20)
    }
    await pause(300)
    child.kill('SIGINT')
    const [code] = (await once(child, 'close')) as [number | null]
    expect(text).toContain('Interrupted: this is what was measured until then.')
    expect(text).toMatch(/^all +\d+ /m)
    expect(code).toBe(0)
    expect([...seen]).toEqual(['Bearer a-secret-access-token'])
    expect(text).not.toContain('a-secret')
  })
})
