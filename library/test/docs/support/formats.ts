/** Blocks that are no programs: pictures, trees of files, configurations of other programs. Each is read by who reads it in earnest. */
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { parse } from 'yaml'
import { freePort } from '../../support/redis-server.js'
import { ROOT, type Block } from './pages.js'

/** Throws where what is written in a block is wrong. */
export type Check = (block: Block, folder: string) => Promise<void> | void

/** By language. */
export const FORMATS: Readonly<Record<string, Check>> = {
  mermaid: checkPicture,
  yaml: checkYaml,
  json: ({ code }) => void JSON.parse(code),
  nginx: checkNginx,
  haproxy: checkHaproxy,
  caddy: checkCaddy,
}

const fail = (block: Block, what: string): never => {
  throw new Error(`${block.id}: ${what}`)
}

/** A tree of files: each name is there, under the folder of its page or of what stands above it. */
export function checkTree(block: Block): void {
  const above: { indent: number; path: string }[] = []
  const home = block.page.startsWith('examples/') ? dirname(block.page) : ''
  for (const line of block.code.split('\n').filter((one) => one.trim() !== '')) {
    const indent = line.search(/\S/)
    while ((above.at(-1)?.indent ?? -1) >= indent) above.pop()
    const names = /^\s*([\w./-]+(?: [\w./-]+)*)(?: {2}|$)/.exec(line)?.[1]?.split(' ') ?? []
    if (names.length === 0) fail(block, `no name in "${line}"`)
    const parent = above.at(-1)?.path ?? home
    for (const name of names) {
      const path = join(parent, name)
      if (!existsSync(join(ROOT, path))) fail(block, `${path} is not there`)
      above.push({ indent, path })
    }
  }
}

/** The order of the layers: each word is a folder or file of the library. */
export function checkLayers(block: Block): void {
  for (const word of block.code.match(/\w+/g) ?? []) {
    const isThere = [word, `${word}.ts`].some((name) => existsSync(join(ROOT, 'library/src', name)))
    if (!isThere) fail(block, `${word} is no layer`)
  }
}

/** Titles of tests, as an example: the ids in them are ids. */
export function checkTitles(block: Block, known: ReadonlySet<string>): void {
  const titles = [...block.code.matchAll(/^it\('([^:']+): /gm)].map(([, ids = '']) => ids)
  if (titles.length === 0) fail(block, 'no title')
  for (const id of titles.flatMap((ids) => ids.split(', '))) {
    if (!known.has(id) && !known.has(`behaviour ${id}`)) fail(block, `${id} is no id`)
  }
}

/** A flow chart: every line is a node, an edge, or the begin or end of a group; no edge leads to a node that nobody describes. */
function checkPicture(block: Block): void {
  const [first, ...lines] = block.code.trim().split('\n')
  if (first !== 'flowchart LR' && first !== 'flowchart TD') fail(block, 'no flow chart')
  const NODE = String.raw`(\w+)(?:\[\(.+?\)\]|\(\[.+?\]\)|\[.+?\])?`
  const EDGE = String.raw`(?:-->|<-->|-\.->)(?:\|[^|]+\|)?`
  const edge = new RegExp(`^${NODE} ${EDGE} ${NODE}$`)
  let depth = 0
  const used = new Set<string>()
  for (const line of lines.map((one) => one.trim())) {
    if (line.startsWith('subgraph ')) depth += 1
    else if (line === 'end') depth -= 1
    else {
      const [, from = '', to = ''] = edge.exec(line) ?? fail(block, `not understood: ${line}`)
      used.add(from).add(to)
    }
  }
  const isDescribed = (node: string): boolean => new RegExp(`\\b${node}[[(]`).test(block.code)
  const PLAIN = new Set(['adapter', 'guard'])
  const bare = [...used].filter((node) => !isDescribed(node) && !PLAIN.has(node))
  if (depth !== 0) fail(block, 'a group that does not end')
  if (bare.some((node) => node.length < 3)) fail(block, `nodes without a name: ${bare.join()}`)
}

function checkYaml({ code }: Block, folder: string): void {
  const read = parse(code, { strict: true }) as Record<string, unknown>
  if (!('scrape_configs' in read)) return
  // promtool looks for the file of the token.
  const token = join(folder, 'metrics_token')
  writeFileSync(token, 'a token')
  const file = join(folder, 'prometheus.yml')
  writeFileSync(file, code.replace('/run/secrets/metrics_token', token))
  execFileSync('promtool', ['check', 'config', file], { stdio: 'pipe' })
}

/** A key and its certificate for localhost, and both in one file, as HAProxy wants them. */
function certificateIn(folder: string): { cert: string; key: string; both: string } {
  const [cert, key, both] = ['crt', 'key', 'pem'].map((end) => join(folder, `tls.${end}`)) as [
    string,
    string,
    string,
  ]
  const kind = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2']
  const where = ['-subj', '/CN=localhost', '-keyout', key, '-out', cert]
  execFileSync('openssl', ['req', '-x509', ...kind, ...where], { stdio: 'ignore' })
  execFileSync('sh', ['-c', 'cat "$1" "$2" > "$3"', 'sh', cert, key, both])
  return { cert, key, both }
}

async function checkNginx({ code }: Block, folder: string): Promise<void> {
  const { cert, key } = certificateIn(folder)
  const ports = { 80: await freePort(), 443: await freePort() }
  const servers = code
    .replace('listen 443 ssl', `listen 127.0.0.1:${String(ports[443])} ssl`)
    .replace('listen 80', `listen 127.0.0.1:${String(ports[80])}`)
  const tls = `ssl_certificate ${cert}; ssl_certificate_key ${key};`
  const file = join(folder, 'nginx.conf')
  const paths = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (kind) => `${kind}_temp_path ${folder}/${kind};`,
  )
  const logs = `error_log ${folder}/nginx.log; pid ${folder}/nginx.pid;`
  const http = `http { access_log off; ${paths.join(' ')} ${tls}\n${servers}}`
  writeFileSync(file, `${logs} events {}\n${http}\n`)
  mkdirSync(join(folder, 'logs'), { recursive: true })
  execFileSync('nginx', ['-t', '-p', folder, '-c', file], { stdio: 'pipe' })
}

function checkHaproxy({ code }: Block, folder: string): void {
  const { both } = certificateIn(folder)
  const file = join(folder, 'haproxy.cfg')
  const defaults =
    'defaults\n  mode http\n  timeout connect 1s\n  timeout client 1s\n  timeout server 1s\n'
  writeFileSync(file, `${defaults}${code.replace('/etc/haproxy/app.pem', both)}`)
  execFileSync('haproxy', ['-c', '-f', file], { stdio: 'pipe' })
}

/** There is no Caddy here: what is shown has to be one site that hands on to one address, which is all that is needed. */
function checkCaddy(block: Block): void {
  if (!/^[\w.]+ \{\n {2}reverse_proxy [\d.]+:\d+\n\}\n$/.test(block.code)) {
    fail(block, 'more than is known to be right')
  }
}
