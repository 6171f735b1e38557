/** What happens to people where the service itself is in trouble: told to leave, short of memory, or with nobody reading its log. */
import { spawn } from 'node:child_process'
import { openSync } from 'node:fs'
import { createServer } from 'node:http'
import { connect, type AddressInfo } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { percentile } from '../../../library/test/fault/support.js'
import { freePort, waitFor } from '../../../library/test/support/redis-server.js'
import { SERVICE_MAIN } from '../../../tools/workspace/places.mjs'
import { drain } from '../../src/stop.js'
import { Client } from '../support/client.js'
import { speak } from '../support/raw.js'
import { refresh, type Pair } from '../support/token-desk.js'
import { PASSWORD, signIn } from '../support/tokens.js'
import { startService, temporaryFolder, type Service } from '../support/service.js'

const ADA = { username: 'ada', password: PASSWORD }

let service: Service
let ada: Client

beforeAll(async () => {
  // Node takes more than this where it is left to itself.
  const environment = { NODE_OPTIONS: '--max-old-space-size=40' }
  service = await startService(environment, { movingClock: true })
  ada = service.client()
  expect((await ada.post('/register', ADA)).status).toBe(201)
})
afterAll(async () => service[Symbol.asyncDispose]())

/** Milliseconds that `count` answers took, ten at a time. */
async function latencies(client: Client, count: number): Promise<number[]> {
  const taken: number[] = []
  for (let asked = 0; asked < count; asked += 10) {
    const answers = await Promise.all(Array.from({ length: 10 }, () => client.get('/dashboard')))
    for (const { status, milliseconds } of answers) {
      expect(status).toBe(200)
      taken.push(milliseconds)
    }
  }
  return taken
}

async function droppedLines(client: Client): Promise<number> {
  const { text } = await client.get('/metrics')
  return Number(/^sojourn_log_lines_dropped_total (\d+)$/m.exec(text)?.[1])
}

describe('the log cannot be written', () => {
  it('fault F30: nobody reads the pipe: people are let in as fast as ever, lines are dropped and counted', async () => {
    await latencies(ada, 30)
    const before = await latencies(ada, 100)
    expect(await droppedLines(ada)).toBe(0)
    service.listen(false)
    // Each leaves a line of 6 KB, which is more than the pipe and the service keep between them.
    const long = '/'.padEnd(6_000, 'x')
    for (let round = 0; round < 25; round += 1) {
      await Promise.all(Array.from({ length: 10 }, () => ada.get(long)))
    }
    const lost = await droppedLines(ada)
    expect(lost).toBeGreaterThan(10)
    const during = await latencies(ada, 100)
    expect((await service.client().post('/login', ADA)).status).toBe(200)
    expect(await droppedLines(ada)).toBeGreaterThan(lost + 50)
    service.listen(true)
    const after = await latencies(ada, 100)
    // A crowded machine is slower now and then; with a log that is waited for nothing would be answered at all.
    const usual = Math.max(percentile(before, 0.5), percentile(after, 0.5))
    expect(percentile(during, 0.5)).toBeLessThan(usual * 2 + 50)
    await waitFor('the log to say so', async () => {
      await ada.get('/dashboard')
      return service.log().some(({ event, count }) => event === 'log.dropped' && Number(count) > 0)
    })
  })

  it('fault F30: the disk is full from the first line on: it starts, lets people in, counts, and stops in order', async () => {
    const port = await freePort()
    const folder = temporaryFolder()
    const full = openSync('/dev/full', 'w')
    const child = spawn(process.execPath, [SERVICE_MAIN], {
      cwd: folder,
      env: { PATH: process.env['PATH'], NODE_ENV: 'test', PORT: String(port), DATA_DIR: folder },
      stdio: ['ignore', full, full],
    })
    const ended = new Promise<number | null>((resolve) => child.once('close', resolve))
    try {
      const client = new Client(`http://127.0.0.1:${String(port)}`)
      await waitFor('the service', async () =>
        client.get('/health').then(
          ({ status }) => status === 200,
          () => false,
        ),
      )
      expect((await client.post('/register', ADA)).status).toBe(201)
      expect((await client.post('/login', ADA)).status).toBe(200)
      const taken = await latencies(client, 30)
      expect(percentile(taken, 0.5)).toBeLessThan(100)
      expect(await droppedLines(client)).toBeGreaterThan(30)
      child.kill('SIGTERM')
      expect(await ended).toBe(0)
    } finally {
      child.kill('SIGKILL')
    }
  })
})

describe('little memory', () => {
  it('fault F29: with 40 MB of heap and 25 clients, tokens are exchanged twice at once without a false alarm', async () => {
    const phone = service.client()
    let token = (await signIn(phone, ADA.username)).refreshToken
    const noise = startNoise(ada, 25)
    for (let round = 0; round < 5; round += 1) {
      const both = await Promise.all([refresh(phone, token), refresh(phone, token)])
      expect(both.map(({ status }) => status)).toEqual([200, 200])
      const [first = '', second] = both.map((answer) => answer.json<Pair>().refreshToken)
      expect(second).toBe(first)
      token = first
    }
    const statuses = await noise.end()
    expect(statuses.filter((status) => status !== 200 && status !== 503)).toEqual([])
    const events = service.log().map(({ event }) => event)
    expect(events).not.toContain('refresh.reused')
    expect(events).not.toContain('process.failed')
  })
})

/** So many clients who ask without a rest for pages and lists, which takes memory. */
function startNoise(client: Client, count: number) {
  let isOver = false
  const statuses: number[] = []
  const live = async (): Promise<void> => {
    const own = client.copy()
    while (!isOver) statuses.push((await own.page('/dashboard')).status)
  }
  const all = Promise.all(Array.from({ length: count }, live))
  return {
    async end() {
      isOver = true
      await all
      return statuses
    },
  }
}

describe('SIGTERM', () => {
  it('fault F22: of a hundred connections none loses an answer that was under way, what is kept is written, and it ends with 0', async () => {
    await service.advance(600_000)
    const advancedTo = Date.now() + 600_000
    const half = connect(service.port, '127.0.0.1')
    half.on('error', () => undefined)
    half.write('GET /health/ready HTTP/1.1\r\n')
    await pause(50)
    let answered = 0
    const untilItLeaves = async (): Promise<void> => {
      const own = ada.copy()
      for (let isStaying = true; isStaying;) {
        const { status, headers, text } = await own.get('/dashboard')
        expect([status, text.length]).toEqual([200, Number(headers['content-length'])])
        answered += 1
        isStaying = headers.connection !== 'close'
      }
    }
    const busy = Promise.all(Array.from({ length: 100 }, untilItLeaves))
    const slow = Array.from({ length: 10 }, () => ada.post('/login', ADA, { cookie: '' }))
    await waitFor('load', () => Promise.resolve(answered > 150))
    const start = performance.now()
    const ended = service.stop('SIGTERM')
    let ready = ''
    half.on('data', (chunk: Buffer) => (ready += chunk.toString()))
    const isStopping = (): boolean =>
      service.log().some(({ event }) => event === 'service.stopping')
    await waitFor('the service to have heard', () => Promise.resolve(isStopping()))
    half.write('Host: localhost\r\n\r\n')
    // Every answer that was under way came whole.
    await busy
    expect((await Promise.all(slow)).map(({ status }) => status)).toEqual(Array(10).fill(200))
    await pause(400)
    expect(await speak(service.port, 'GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n')).toBe('')
    expect(await ended).toBe(0)
    expect(performance.now() - start).toBeLessThan(10_000)
    expect(ready).toMatch(/^HTTP\/1\.1 503 [^]*"status":"draining"/)
    expect(service.log().at(-1)).toMatchObject({ event: 'service.stopped', level: 'info' })

    // The touch of that time was written, no more than one interval of it is missing.
    await service.restart()
    const devices = (await ada.get('/sessions')).json<
      { isCurrent: boolean; lastSeenAt: string }[]
    >()
    const seen = Math.max(...devices.map(({ lastSeenAt }) => Date.parse(lastSeenAt)))
    expect(seen).toBeGreaterThan(advancedTo - 60_000)

    const hanging = connect(service.port, '127.0.0.1')
    hanging.on('error', () => undefined)
    hanging.write('GET /health HTTP/1.1\r\n')
    await pause(50)
    const atOnce = service.stop('SIGTERM')
    await pause(100)
    const second = performance.now()
    process.kill(service.pid, 'SIGTERM')
    expect(await atOnce).toBe(1)
    expect(performance.now() - second).toBeLessThan(1_000)
  })

  it('fault F22: what is under way gets so long to finish, and not for ever', async () => {
    const server = createServer((request, response) => {
      if (request.url === '/slow') setTimeout(() => response.end('whole'), 350)
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as AddressInfo
    const slow = fetch(`http://127.0.0.1:${String(port)}/slow`).then((answer) => answer.text())
    const never = fetch(`http://127.0.0.1:${String(port)}/never`).then(
      () => 'answered',
      () => 'cut',
    )
    await pause(50)
    const start = performance.now()
    await drain(server, 500)
    expect(performance.now() - start).toBeGreaterThan(600)
    expect(await slow).toBe('whole')
    expect(await never).toBe('cut')
  })
})
