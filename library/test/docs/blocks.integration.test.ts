/** Every block of code in the documents does what it says: this file knows each of them, and fails for one that it does not run. */
import { execFileSync, fork, type ChildProcess } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startCluster, type RedisCluster } from '../support/redis-cluster.js'
import { startRedis, type RedisServer } from '../support/redis-server.js'
import { ELSEWHERE, exceptionFor, NOT_RUN, STAYS } from './support/exceptions.js'
import { PRINTS } from './support/expectations.js'
import { checkLayers, checkTitles, checkTree, FORMATS } from './support/formats.js'
import { readBlocks, ROOT, type Block } from './support/pages.js'
import { SCENARIOS } from './support/scenarios.js'
import { scriptNames } from './support/shell.js'
import { linesOf, openStage, type Stage } from './support/stage.js'

/** How a block is run. */
type Way = 'program' | 'shell' | 'settings' | 'diff' | 'format' | 'words' | 'elsewhere' | 'unknown'

const blocks = readBlocks()
/** Blocks in no language: what each is held against. */
const KNOWN_WORDS: Readonly<Record<string, (block: Block) => Promise<void> | void>> = {
  'ARCHITECTURE.md#1': checkTree,
  'ARCHITECTURE.md#2': checkLayers,
  'CONTRIBUTING.md#2': checkTree,
  'CONTRIBUTING.md#3': (block) => {
    checkTitles(block, IDS)
  },
  'docs/guide/load-testing.md#1': checkReport,
  'docs/guide/load-testing.md#2': checkReport,
  'docs/guide/rate-limits.md#2': checkHeaders,
  'examples/layered-app/README.md#3': checkTree,
}

/** What `sojourn load` has printed in an example is what it prints: the same columns, a verdict. */
function checkReport({ code }: Block): void {
  const columns = (text: string): string =>
    /^operation +count.*$/m.exec(text)?.[0].replaceAll(/ +/g, ' ') ?? ''
  expect(columns(code)).toBe(columns(printed.get('docs/guide/cli.md#5') ?? 'nothing was printed'))
  expect(code).toMatch(/^What to look at next:$/m)
  expect(code).toMatch(/^Budget (?:kept|missed): /m)
}

/** What a limited route answers, but for the name of the client's network and for the time. */
async function checkHeaders(block: Block): Promise<void> {
  const code = `app.post('/login', web.limit({ name: 'login', quota: 20, window: '1m' }), login)
    const server = app.listen(0)
    const url = 'http://localhost:' + server.address().port + '/login'
    const { headers } = await fetch(url, { method: 'POST' })
    for (const name of ['RateLimit-Policy', 'RateLimit']) console.log(name + ': ' + headers.get(name))
    server.close()`
  const ran = await runProgram({ ...block, language: 'js', note: 'in an Express app', code })
  const masked = (text: string): string =>
    text.replaceAll(/pk=:[^:]+:/g, 'pk=…').replaceAll(/;t=\d+/g, ';t=…')
  expect(masked(`${ran.output.join('\n')}\n`)).toBe(masked(block.code))
}

/** Where the programs listen, by block. */
const listening = new Map<string, readonly number[]>()
const ABOVE = 'against each program above'

/** The programs of the page above a script that listen. */
function portsAbove({ id, page }: Block): readonly number[] {
  const above = blocks.slice(
    0,
    blocks.findIndex((block) => block.id === id),
  )
  const ports = above
    .filter((block) => block.page === page)
    .flatMap((block) => listening.get(block.id) ?? [])
  if (ports.length === 0) throw new Error(`${id}: no program above it listens`)
  return ports
}

/** What scripts have printed, by block. */
const printed = new Map<string, string>()
const IDS = new Set(
  Object.entries(
    JSON.parse(readFileSync(join(ROOT, 'tools/acceptance-ids.json'), 'utf8')) as object,
  ).flatMap(([, ids]) => Object.keys(ids as object)),
)

function isElsewhere({ id, page }: Block): boolean {
  return Object.keys(ELSEWHERE).some(
    (one) => one === id || one === page || page.startsWith(`${one}/`),
  )
}

function wayOf(block: Block): Way {
  const { id, language, note } = block
  if (isElsewhere(block)) return 'elsewhere'
  if (id in KNOWN_WORDS) return 'words'
  if (language === 'js' || language === 'ts') return 'program'
  if (language === 'sh') return note === 'as an .env file' ? 'settings' : 'shell'
  if (language === 'diff') return 'diff'
  return language in FORMATS ? 'format' : 'unknown'
}

const by = (way: Way): [string, Block][] =>
  blocks.filter((block) => wayOf(block) === way).map((block) => [block.id, block])

interface Ran {
  readonly id: string
  readonly output: readonly string[]
  readonly ports: readonly number[]
  readonly error?: string
}

let redis: RedisServer | undefined
let cluster: RedisCluster | undefined
let stage: Stage | undefined
let folder = ''
let child: ChildProcess | undefined
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'sojourn-docs-'))
  ;[redis, cluster] = await Promise.all([startRedis(), startCluster({ primaries: 1 })])
  mkdirSync(join(folder, 'programs'))
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'programs/node_modules'))
  stage = await openStage(folder, redis.url)
  const program = fileURLToPath(new URL('support/program-child.mjs', import.meta.url))
  child = fork(program, {
    cwd: join(folder, 'programs'),
    env: {
      PATH: process.env['PATH'],
      DOCS_FOLDER: join(folder, 'programs'),
      DESK: join(folder, 'desk'),
      NODE_ENV: 'test',
      PORT: '0',
      REDIS_URL: redis.url,
      JWT_SECRET: 'a secret of the drop-in for the documents',
      CLUSTER_PORT: String(cluster.ports[0]),
      SESSION_SECRET: 'a secret for the documents: 0123456789',
      SESSION_ENCRYPTION_SECRET: 'another secret for the documents: 0123456789',
    },
  })
  await new Promise((resolve) => child?.once('message', resolve))
  await redis.cli('set', 'jwt-redis-sessions:session:0123456789abcdef', '{"userId":"ada"}')
}, 180_000)
afterAll(async () => {
  child?.kill('SIGKILL')
  await Promise.all([redis?.stop(), cluster?.stop(), stage?.close()])
  rmSync(folder, { recursive: true, force: true })
})

function opened(one: Stage | undefined): Stage {
  if (one === undefined) throw new Error('nothing was opened')
  return one
}

async function runProgram(block: Block): Promise<Ran> {
  const said = new Promise<Ran>((resolve) => child?.once('message', resolve))
  child?.send(block)
  return said
}

describe('every block of code in the documents', () => {
  it('is run, here or by another test, or listed with a reason', () => {
    expect(by('unknown').map(([id, { language }]) => [id, language])).toEqual([])
    expect(blocks.length).toBeGreaterThan(150)
  })

  it('that is said to be run elsewhere is there, and so is the test', () => {
    for (const [what, test] of Object.entries(ELSEWHERE)) {
      const isThere = blocks.some(
        ({ id, page }) => [id, page].includes(what) || page.startsWith(what),
      )
      const text = existsSync(join(ROOT, test)) ? readFileSync(join(ROOT, test), 'utf8') : ''
      const [page = ''] = what.split('#')
      expect([what, isThere, text.includes(page)]).toEqual([what, true, true])
    }
  })

  it('names commands and scripts that exist, also where it is not run', () => {
    const lines = by('shell').flatMap(([id, { code }]) => linesOf(code).map((line) => [id, line]))
    const listed = new Set<string>()
    for (const [id, line = ''] of lines) {
      const reason = exceptionFor(line)
      if (reason !== undefined) listed.add(line)
      for (const [, name = ''] of line.matchAll(/\bnpm run (?:--silent )?([\w:-]+)/g)) {
        expect([id, name, scriptNames().has(name)]).toEqual([id, name, true])
      }
    }
    for (const key of Object.keys(NOT_RUN)) {
      const start = key.replace('…', '')
      expect([key, [...listed].some((line) => line.startsWith(start))]).toEqual([key, true])
    }
    for (const { instead } of Object.values(NOT_RUN)) {
      expect([instead, existsSync(join(ROOT, instead))]).toEqual([instead, true])
    }
    for (const line of Object.keys(STAYS)) expect(lines.map(([, one]) => one)).toContain(line)
  })
})

describe('programs', () => {
  it.each(by('program'))('%s', async (_id, block) => {
    const ran = await runProgram(block)
    expect(ran.error).toBeUndefined()
    listening.set(block.id, ran.ports)
    await SCENARIOS[block.id]?.(ran.ports[0] ?? 0)
    const told = [...block.code.matchAll(/^ *console\.log\(.*\) \/\/ (.+)$/gm)].map(([, w]) => w)
    const fits = told.map((words, index) => words?.startsWith(ran.output[index] ?? 'nothing'))
    expect([ran.output, told, fits]).toEqual([ran.output, told, told.map(() => true)])
  })
})

describe('scripts', () => {
  it.each(by('shell'))('%s', async (id, block) => {
    const isWhole = linesOf(block.code).every((line) => exceptionFor(line) === undefined)
    if (!isWhole) execFileSync('bash', ['-n'], { input: block.code.replaceAll(/<[^>\n]+>/g, 'x') })
    for (const port of block.note === ABOVE ? portsAbove(block) : [undefined]) {
      const { code, out, error, lines } = await opened(stage).run(block, port)
      expect([lines, code, code === 0 ? '' : out + error]).toEqual([lines, 0, ''])
      printed.set(id, out)
      for (const pattern of PRINTS[id] ?? []) expect(out).toMatch(pattern)
    }
  })
})

describe('others', () => {
  it.each([...by('format')])('%s', async (_id, block) => {
    const place = join(folder, block.id.replaceAll(/\W+/g, '-'))
    mkdirSync(place)
    await FORMATS[block.language]?.(block, place)
  })

  it.each([...by('words')])('%s', async (id, block) => {
    await KNOWN_WORDS[id]?.(block)
  })

  it.each([...by('settings')])('%s', (_id, { code }) => {
    for (const line of linesOf(code)) expect(line).toMatch(/^[A-Z][A-Z_]*=\S*$/)
  })

  it.each([...by('diff')])('%s: what goes and what comes both run', async (_id, block) => {
    for (const sign of ['-', '+']) {
      const code = block.code
        .split('\n')
        .filter((line) => line.startsWith(sign) || line.startsWith(' '))
        .map((line) => line.slice(1))
        .join('\n')
      const ran = await runProgram({ ...block, id: `${block.id}${sign}`, language: 'js', code })
      expect(ran.error).toBeUndefined()
    }
  })
})
