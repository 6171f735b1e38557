import { execFileSync, spawn } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { Agent } from 'node:https'
import { connect } from 'node:net'
import { join } from 'node:path'
import { freePort, waitFor } from '../../../library/test/support/redis-server.js'
import { ROOT } from '../../../tools/workspace/places.mjs'
import { Client } from './client.js'
import { temporaryFolder, type Environment } from './service.js'

/** Proxies of this machine, as `deploy/proxy` configures them, before services of the test. */

export const HOST = 'app.example'
/** Whence the people of the test come: not the address of the proxy itself. */
export const PERSON = '127.0.0.9'

/** What `deploy/secrets.sh` made. */
export interface Deployed {
  readonly folder: string
  readonly secrets: Environment
  /** The certificate, which certifies itself. */
  readonly certificate: string
}

/** Runs `deploy/secrets.sh` for a host of the test. */
export function makeSecrets(): Deployed {
  const folder = temporaryFolder()
  execFileSync('sh', [join(ROOT, 'deploy/secrets.sh'), `https://${HOST}`, folder], {
    stdio: 'ignore',
  })
  const lines = readFileSync(join(folder, '.env'), 'utf8').trim().split('\n')
  const secrets = Object.fromEntries(
    lines.map((line) => [
      line.slice(0, line.indexOf('=')),
      line.slice(line.indexOf('=') + 1).replace(/^'(.*)'$/, '$1'),
    ]),
  )
  return { folder, secrets, certificate: readFileSync(join(folder, 'tls/tls.crt'), 'utf8') }
}

export interface Proxy {
  /** The port that speaks TLS. */
  readonly port: number
  readonly plainPort: number
  /** Somebody who comes from {@link PERSON}. */
  client(headers?: Readonly<Record<string, string>>): Client
  stop(): Promise<void>
}

interface Places extends Deployed {
  readonly home: string
  readonly port: number
  readonly plainPort: number
  readonly nodes: readonly number[]
}

/** The committed file, with ports, certificates and addresses of the test in the places of its own. */
type Render = (text: string, places: Places) => string

const inNginx: Render = (text, { folder, home, port, plainPort, nodes }) => {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
    .map((kind) => `${kind}_temp_path ${home}/${kind};`)
    .join(' ')
  return replaceAll(text, [
    ['/run/nginx.pid', `${home}/pid`],
    ['http {', `http { ${temporary}`],
    ['/var/log/nginx/', `${home}/`],
    ['listen 443', `listen 127.0.0.1:${String(port)}`],
    ['listen 80', `listen 127.0.0.1:${String(plainPort)}`],
    ['/etc/nginx/tls/', `${folder}/tls/`],
    ...nodes.map((node, index): [string, string] => [
      `10.0.0.${String(index + 11)}:3000`,
      `127.0.0.1:${String(node)}`,
    ]),
  ])
}

const inHaproxy: Render = (text, { folder, port, plainPort, nodes }) =>
  replaceAll(text, [
    ['bind :80', `bind 127.0.0.1:${String(plainPort)}`],
    ['bind :443', `bind 127.0.0.1:${String(port)}`],
    ['/etc/haproxy/tls.pem', `${folder}/tls/tls.pem`],
    [
      '  server-template node 1-8 service:3000 resolvers names init-addr none',
      nodes.map((node, at) => `  server n${String(at)} 127.0.0.1:${String(node)}`).join('\n'),
    ],
  ])

function replaceAll(text: string, pairs: readonly (readonly [string, string])[]): string {
  let changed = text
  for (const [from, to] of pairs) {
    if (!changed.includes(from)) throw new Error(`not in the file any more: ${from}`)
    changed = changed.replaceAll(from, to)
  }
  return changed
}

const KINDS = {
  nginx: {
    file: 'nginx.conf',
    render: inNginx,
    command: (file: string) => ['nginx', '-c', file, '-g', 'daemon off;'],
  },
  haproxy: {
    file: 'haproxy.cfg',
    render: inHaproxy,
    command: (file: string) => ['haproxy', '-db', '-f', file],
  },
} as const

/** As for Redis: a pipe ties the life of the proxy to that of this process, and lets it end its own children. */
const WATCHDOG = '"$@" & proxy=$!; cat >/dev/null; kill -TERM $proxy; wait $proxy'

/** Starts a proxy of this machine before the services at these ports. */
export async function startProxy(
  kind: keyof typeof KINDS,
  deployed: Deployed,
  nodes: readonly number[],
): Promise<Proxy> {
  const home = temporaryFolder()
  mkdirSync(home, { recursive: true })
  const [port, plainPort] = [await freePort(), await freePort()]
  const { file, render, command } = KINDS[kind]
  const text = readFileSync(join(ROOT, 'deploy/proxy', file), 'utf8')
  const path = join(home, file)
  writeFileSync(path, render(text, { ...deployed, home, port, plainPort, nodes }))
  const said: string[] = []
  const child = spawn('sh', ['-c', WATCHDOG, 'sh', ...command(path)], {
    stdio: ['pipe', 'pipe', 'pipe'],
    env: { PATH: `${process.env['PATH'] ?? ''}:/usr/sbin`, PUBLIC_URL: `https://${HOST}` },
  })
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (line: string) => said.push(line))
  }
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()))
  const stop = async (): Promise<void> => {
    child.stdin.destroy()
    await ended
  }
  await waitFor(kind, () => answers(port)).catch(async (error: unknown) => {
    await stop()
    throw new Error(`${kind} did not start:\n${said.join('')}`, { cause: error })
  })
  const client = (headers: Readonly<Record<string, string>> = {}): Client =>
    new Client(`https://127.0.0.1:${String(port)}`, {
      agent: new Agent({
        ...{ keepAlive: true, maxSockets: 64, localAddress: PERSON },
        ...{ ca: deployed.certificate, servername: HOST },
      }),
      headers: { Host: HOST, Origin: `https://${HOST}`, ...headers },
      // A proxy has answers of its own.
      isDescribed: false,
    })
  return { port, plainPort, client, stop }
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false))
    socket.once('connect', () => socket.destroy())
  })
}
