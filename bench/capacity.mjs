/**
 * `node bench/capacity.mjs`: how much room sessions take, and what a request costs Redis: the figures of docs/guide/capacity.md.
 *
 * Bytes and commands do not depend on what else the machine does; the seconds do, and are there to compare magnitudes of one run.
 * Options: --sessions 10000,100000,1000000, --only growth|crowded|encodings|commands|near-cache|sqlite, --json FILE.
 */
import { writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { measureCommands } from './capacity/commands.mjs'
import { measureEncodings, measureGrowth } from './capacity/memory.mjs'
import { measureNearCache } from './capacity/near-cache.mjs'
import { measureSqlite } from './capacity/sqlite.mjs'
import { machine, say, table } from './harness/table.mjs'

const { values: options } = parseArgs({
  options: {
    sessions: { type: 'string', default: '10000,100000,1000000' },
    only: { type: 'string' },
    json: { type: 'string' },
  },
})
const magnitudes = options.sessions.split(',').map(Number)
if (magnitudes.some((one, at) => !(one > (magnitudes[at - 1] ?? 0)))) {
  throw new Error('--sessions wants whole numbers that grow: 10000,100000')
}

const whole = (number) => Math.round(number).toLocaleString('en-US')
const mega = (bytes) => `${(bytes / 1e6).toFixed(1)} MB`

/** @type {Record<string, () => Promise<{ result: unknown, text: string }>>} */
const PARTS = {
  growth: () => growth('one session for each person', { perPerson: 1, kind: { family: true } }),
  crowded: () =>
    growth(
      'ten sessions for each person',
      { perPerson: 10, kind: { family: true } },
      magnitudes.slice(0, 2),
    ),
  encodings,
  commands,
  'near-cache': nearCache,
  sqlite,
}

const wanted = Object.keys(PARTS).filter(
  (name) => options.only === undefined || name === options.only,
)
if (wanted.length === 0) throw new Error(`There is no part ${options.only}.`)
const report = { machine: machine() }
process.stdout.write(`${report.machine}\n`)
for (const name of wanted) {
  const { result, text } = await PARTS[name]()
  report[name] = result
  process.stdout.write(`\n${text}\n`)
}
if (options.json !== undefined) writeFileSync(options.json, `${JSON.stringify(report, null, 2)}\n`)

async function growth(title, kind, steps = magnitudes) {
  const result = await measureGrowth(steps, kind, ({ sessions, used }) =>
    say(`${whole(sessions)} sessions: ${used.toFixed(0)} bytes each`),
  )
  const heads = [
    'sessions',
    'bytes each',
    'of that the record',
    'index and subject',
    'keys each',
    'used_memory',
    'resident',
    'seconds for 10,000 more',
  ]
  const rows = result.map((row) => [
    whole(row.sessions),
    whole(row.used),
    whole(row.record),
    whole(row.used - row.record),
    row.keysPerSession.toFixed(2),
    mega(row.total),
    mega(row.resident),
    ((row.seconds * 10_000) / row.made).toFixed(2),
  ])
  return { result, text: `Redis, ${title}, with refresh tokens:\n\n${table(heads, rows)}` }
}

async function encodings() {
  const bounds = [64, 128, 1024]
  const result = await measureEncodings(10_000, bounds, ({ name }) => say(`encodings: ${name}`))
  const heads = ['session', ...bounds.map((bound) => `hash-max-listpack-value ${bound}`)]
  const rows = result.map((row) => [row.name, ...bounds.map((bound) => whole(row[bound]))])
  return {
    result,
    text: `Bytes for each session in Redis, index included:\n\n${table(heads, rows)}`,
  }
}

async function commands() {
  const result = await measureCommands(1_000)
  const heads = ['what', 'commands', 'bytes to Redis', 'bytes from Redis', 'script, us']
  const rows = result.rows.map((row) => [
    row.name,
    row.commands.toFixed(2),
    whole(row.in),
    whole(row.out),
    row.usec.toFixed(0),
  ])
  const text = `What each thing costs Redis:\n\n${table(heads, rows)}\n\nA change costs ${whole(result.perListener)} bytes more for each process that listens.`
  return { result, text }
}

async function nearCache() {
  const result = await measureNearCache()
  const heads = [
    'data of a session',
    'RSS without entries',
    'RSS with 10,000',
    'heap for each entry',
  ]
  const rows = result.map((row) => [
    `${whole(row.data)} B`,
    mega(row.without.rss),
    mega(row.filled.rss),
    `${whole(row.each)} B`,
  ])
  return { result, text: `Near cache, in a Node process:\n\n${table(heads, rows)}` }
}

async function sqlite() {
  const steps = magnitudes.slice(0, 2)
  const result = await measureSqlite(steps, ({ sessions, each }) =>
    say(`SQLite, ${whole(sessions)}: ${whole(each)} bytes each`),
  )
  const heads = ['sessions', 'file', 'bytes each']
  const rows = result.map((row) => [whole(row.sessions), mega(row.size), whole(row.each)])
  return { result, text: `SQLite file, with refresh tokens:\n\n${table(heads, rows)}` }
}
