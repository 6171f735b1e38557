/**
 * Two real processes of the service on one real Redis, behind the nginx and the HAProxy of this machine, with the files of
 * deploy/proxy and the secrets and the certificate of deploy/secrets.sh. Not seen here: Caddy, and HAProxy's look-ups of names.
 */
import { request } from 'node:http'
import { execFile, execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  freePort,
  startRedis,
  type RedisServer,
} from '../../../library/test/support/redis-server.js'
import { listen } from '../../../library/test/support/web.js'
import { parse } from 'yaml'
import { ROOT, SERVICE_CLI } from '../../../tools/workspace/places.mjs'
import { examineAddress } from '../../src/doctor/address/examine.js'
import type { Client } from '../support/client.js'
import { BY_HTTPS } from '../support/https.js'
import {
  HOST,
  PERSON,
  makeSecrets,
  startProxy,
  type Deployed,
  type Proxy,
} from '../support/proxies.js'
import { startService, temporaryFolder, type Service } from '../support/service.js'

const run = promisify(execFile)

const PASSWORD = 'correct horse battery 9'
const KINDS = ['nginx', 'haproxy'] as const
type Kind = (typeof KINDS)[number]

let deployed: Deployed
let redis: RedisServer
let nodes: readonly Service[] = []
const proxies = new Map<Kind, Proxy>()
const proxyOf = (kind: Kind): Proxy => {
  const proxy = proxies.get(kind)
  if (proxy === undefined) throw new Error(`${kind} is not there`)
  return proxy
}

beforeAll(async () => {
  deployed = makeSecrets()
  redis = await startRedis()
  // The very line of the guide, for the password that the script has made.
  const guide = readFileSync(join(ROOT, 'docs/guide/deploy-memorydb.md'), 'utf8')
  const rights = /^on ~sojourn:.*$/m.exec(guide)?.[0].split(' ') ?? []
  const password = `>${deployed.secrets['REDIS_PASSWORD'] ?? ''}`
  await redis.cli('acl', 'setuser', 'sojourn', 'reset', password, ...rights)
  await redis.cli('acl', 'setuser', 'default', 'off')
  const dataDir = temporaryFolder()
  const start = async (): Promise<Service> =>
    startService(
      {
        ...{ NODE_ENV: 'production', HOST: '127.0.0.1', PORT: String(await freePort()) },
        ...{ TRUST_PROXY: '127.0.0.1', REDIS_URL: redis.url, RATE_LIMIT: '100000' },
        ...deployed.secrets,
        REDIS_USERNAME: 'sojourn',
      },
      { dataDir },
    )
  nodes = await Promise.all([start(), start()])
  const ports = nodes.map(({ port }) => port)
  for (const kind of KINDS) proxies.set(kind, await startProxy(kind, deployed, ports))
})

afterAll(async () => {
  for (const proxy of proxies.values()) await proxy.stop()
  for (const node of nodes) await node[Symbol.asyncDispose]()
  await redis.stop()
})

/** Registers somebody new through the proxy. */
async function newcomer(proxy: Proxy, name: string): Promise<Client> {
  const person = proxy.client()
  const answer = await person.post('/register', { username: name, password: PASSWORD })
  if (answer.status !== 201) throw new Error(`${String(answer.status)} ${answer.text}`)
  return person
}

/** The requests that a process has logged since a mark. */
const requestsOf = (node: Service, mark = 0): readonly Readonly<Record<string, unknown>>[] =>
  node.log().filter(({ event }, index) => index >= mark && event === 'request')

async function until(what: string, isTrue: () => Promise<boolean> | boolean): Promise<void> {
  const end = performance.now() + 15_000
  while (!(await isTrue())) {
    if (performance.now() > end) throw new Error(`waited in vain for ${what}`)
    await pause(20)
  }
}

// A process that restarts on a busy machine takes its time.
describe.each(KINDS)('behind %s', { timeout: 60_000 }, (kind) => {
  it('S0-16: a cookie is Secure, one session counts in both processes, and the client has its own address', async () => {
    const proxy = proxyOf(kind)
    const person = proxy.client()
    const made = await person.post('/register', { username: `${kind}-ada`, password: PASSWORD })
    expect(made.status).toBe(201)
    for (const line of made.cookies) expect(line).toMatch(/^__Host-.*; Secure/)
    expect(made.headers['strict-transport-security']).toMatch(/max-age=31536000/)
    const marks = nodes.map((node) => node.log().length)
    await until('both processes to be asked', async () => {
      expect((await person.get('/profile')).status).toBe(200)
      return nodes.every((node, index) => requestsOf(node, marks[index]).length > 0)
    })
    const seen = nodes.flatMap((node, index) => requestsOf(node, marks[index]))
    expect(new Set(seen.map(({ address }) => address))).toEqual(new Set([PERSON]))
  })

  it('what a client says of itself counts for nothing', async () => {
    const liar = proxyOf(kind).client({
      'X-Forwarded-For': '198.51.100.1, 127.0.0.1',
      'X-Forwarded-Proto': 'http',
      'X-Forwarded-Host': 'evil.example',
      'X-Real-IP': '198.51.100.2',
      Forwarded: 'for=198.51.100.3;proto=http;host=evil.example',
    })
    const made = await liar.post('/register', { username: `${kind}-liar`, password: PASSWORD })
    expect([made.status, made.cookies.length]).toEqual([201, 1])
    for (const line of made.cookies) expect(line).toMatch(/; Secure/)
    const page = await liar.page('/dashboard')
    expect([page.status, page.text.includes('evil.example')]).toEqual([200, false])
    for (const node of nodes) expect(node.output()).not.toMatch(/198\.51\.100\.|evil\.example/)
  })

  it('a session that ends through one process has ended in the other', async () => {
    const person = await newcomer(proxyOf(kind), `${kind}-grace`)
    const [one, other] = nodes.map((node) => {
      const client = node.client({ headers: BY_HTTPS })
      for (const [name, value] of person.jar) client.jar.set(name, value)
      return client
    })
    expect((await other?.get('/profile'))?.status).toBe(200)
    expect((await one?.post('/logout', {}))?.status).toBe(200)
    await until('the end to be seen', async () => (await other?.get('/profile'))?.status === 401)
    expect((await person.get('/profile')).status).toBe(401)
  })

  it('plain http leads to the https address, whatever host was asked for', async () => {
    const { plainPort } = proxyOf(kind)
    const answer = await new Promise<readonly unknown[]>((resolve, reject) => {
      const path = '/login?returnTo=%2Fx'
      request({ port: plainPort, host: '127.0.0.1', path, headers: { Host: HOST } }, (incoming) => {
        incoming.resume()
        resolve([incoming.statusCode, incoming.headers.location])
      })
        .on('error', reject)
        .end()
    })
    expect(answer).toEqual([308, 'https://app.example/login?returnTo=%2Fx'])
  })

  it('ASVS 13.4.5: metrics and probes are not there, not even for who has the token', async () => {
    const token = { Authorization: `Bearer ${deployed.secrets['METRICS_TOKEN'] ?? ''}` }
    const inside = await nodes[0]?.client({ headers: token }).get('/metrics')
    expect([inside?.status, inside?.text.includes('sojourn_')]).toEqual([200, true])
    const stranger = proxyOf(kind).client(token)
    for (const path of [
      ...['/metrics', '/metrics/', '/metrics?x=1', '/metrics;x', '//metrics', '/./metrics'],
      ...['/x/../metrics', '/%6detrics', '/METRICS', '/health/ready', '/health/live'],
    ]) {
      const answer = await stranger.get(path)
      expect([path, answer.status]).toEqual([path, 404])
      expect(answer.text).not.toMatch(/sojourn_|"sessions"/)
    }
    expect((await stranger.get('/health')).status).toBe(200)
  })

  it('ASVS 13.4.4: TRACE is refused', async () => {
    const answer = await proxyOf(kind).client().request('TRACE', '/')
    expect([answer.status, answer.text.includes('TRACE')]).toEqual([405, false])
  })

  it('what is far too large does not reach the service, and what is too large is its own affair', async () => {
    const person = proxyOf(kind).client()
    const marks = nodes.map((node) => node.log().length)
    const body = (bytes: number): object => ({ username: 'x'.repeat(bytes), password: PASSWORD })
    const far = await person.post('/login', body(70_000))
    expect([far.status, far.headers['content-type']]).not.toEqual([413, 'application/problem+json'])
    expect(far.status).toBe(413)
    expect(nodes.flatMap((node, index) => requestsOf(node, marks[index]))).toEqual([])
    const near = await person.post('/login', body(20_000))
    expect(near.status).toBe(413)
    expect(near.json<{ code: string }>().code).toBe('body_too_large')
  })

  it('a stream arrives piece by piece', async () => {
    let goOn = (): void => undefined
    const upstream = await listen((_request, response) => {
      response.writeHead(200, { 'Content-Type': 'text/event-stream' })
      if (_request.url !== '/events') return response.end()
      response.write('data: one\n\n')
      goOn = () => response.end('data: two\n\n')
      return response
    })
    const proxy = await startProxy(kind, deployed, [upstream.port, upstream.port])
    const got: string[] = []
    await new Promise<void>((resolve, reject) => {
      const { port } = proxy
      const agent = proxy.client().agent
      const facts = { protocol: 'https:', host: '127.0.0.1', port, path: '/events', agent }
      request({ ...facts, headers: { Host: HOST } }, (incoming) => {
        incoming.setEncoding('utf8').on('data', (text: string) => {
          got.push(text)
          // The rest is only written once this has been read.
          goOn()
        })
        incoming.once('end', resolve)
      })
        .on('error', reject)
        .end()
    })
    expect(got).toEqual(['data: one\n\n', 'data: two\n\n'])
    await proxy.stop()
    await upstream.close()
  })

  it('one process is restarted and nobody notices', async () => {
    const node = nodes[kind === 'nginx' ? 0 : 1]
    if (node === undefined) throw new Error('no such process')
    const person = await newcomer(proxyOf(kind), `${kind}-alan`)
    const answers: unknown[] = []
    let isOver = false
    const going = [1, 2, 3].map(async () => {
      for (let count = 0; !isOver; count += 1) {
        const answer = await (count % 4 === 0
          ? person.patch('/session', { count })
          : person.get('/profile'))
        answers.push(answer.status)
        await pause(20)
      }
    })
    await pause(50)
    await node.restart()
    const mark = node.log().length
    await until('it to be asked again', () => requestsOf(node, mark).length > 0)
    isOver = true
    await Promise.all(going)
    expect(answers.length).toBeGreaterThan(20)
    expect(answers.filter((status) => status !== 200)).toEqual([])
  })
})

it('the health check of the proxy in compose.yaml sees it, and that it is gone', async () => {
  const compose = parse(readFileSync(join(ROOT, 'compose.yaml'), 'utf8')) as {
    services: { proxy: { healthcheck: { test: string[] } } }
  }
  const [, shell = '', flag = '', check = ''] = compose.services.proxy.healthcheck.test
  const look = (port: number): void => {
    const there = check.replace('/127.0.0.1/80', `/127.0.0.1/${String(port)}`)
    expect(there).not.toBe(check)
    execFileSync(shell, [flag, there], { stdio: 'ignore' })
  }
  look(proxyOf('haproxy').plainPort)
  const nobody = await freePort()
  expect(() => look(nobody)).toThrow()
})

it('S0-22: what is needed is in the guides, and the doctor looks for it: Redis, and a certificate for the address', async () => {
  const guide = (name: string): string => readFileSync(join(ROOT, `docs/guide/${name}.md`), 'utf8')
  expect(guide('deploy-memorydb')).toMatch(/MemoryDB is what we recommend/)
  expect(guide('https')).toMatch(/HTTPS_CERT_FILE/)
  const [node] = nodes
  const url = new URL(`https://localhost:${String(proxyOf('haproxy').port)}`)
  const examine = async (...words: string[]): Promise<ReadonlyMap<string, string>> => {
    const command = [SERVICE_CLI, 'doctor', url.href, '--json', ...words]
    const environment = { PATH: process.env['PATH'], ...node?.environment }
    const { stdout } = await run(process.execPath, command, {
      env: environment,
      cwd: node?.dataDir ?? '',
    }).catch((error: unknown) => error as { stdout: string })
    const { findings } = JSON.parse(stdout) as { findings: { id: string; verdict: string }[] }
    return new Map(findings.map(({ id, verdict }) => [id, verdict]))
  }
  const said = await examine('--ca', join(deployed.folder, 'tls/tls.crt'))
  expect([...said].filter(([, verdict]) => verdict === 'fail')).toEqual([])
  for (const id of [
    ...['config.https', 'store.reach', 'store.rights', 'address.reach', 'address.tls'],
    ...['address.proxy.scheme', 'address.proxy.spoofed', 'address.trace', 'address.metrics'],
  ]) {
    expect([id, said.get(id)]).toEqual([id, 'pass'])
  }
  // Nobody has told it who certified this address.
  const blind = { pages: [], origin: undefined, ca: undefined, timeout: 5_000, now: Date.now() }
  const [first, ...rest] = await examineAddress({ url, ...blind })
  expect([first?.id, first?.verdict, rest]).toEqual(['address.reach', 'fail', []])
})

it('where both processes are away, each proxy says 503 and when to come again', async () => {
  await Promise.all(nodes.map((node) => node.stop()))
  for (const kind of KINDS) {
    const answer = await proxyOf(kind).client().get('/profile')
    expect([kind, answer.status]).toEqual([kind, 503])
    expect(answer.headers).toMatchObject({
      'content-type': 'application/problem+json',
      'retry-after': '2',
      'cache-control': 'no-store',
    })
    expect(answer.cookies).toEqual([])
    expect(answer.json<{ code: string }>().code).toBe('unavailable')
  }
})
