/**
 * `npm run bench`: ours and what people use today, side by side in one run.
 *
 * Every round pairs each candidate with a bare Express handler measured right before it, so that a noisy machine
 * moves both; what counts is the ratio. Options: --rounds 6, --seconds 3 (after up to one to warm up), --connections 50,
 * --only TEXT (candidates whose name holds it), --json FILE, --profile FOLDER (a CPU profile of every server).
 */
import { writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { BARE, CANDIDATES } from './candidates.mjs'
import { headerBytes, measure } from './harness/load.mjs'
import { startRedis } from './harness/redis.mjs'
import { signIn, startServer } from './harness/servers.mjs'
import { machine, median, say, spread, table, two } from './harness/table.mjs'

const { values: options } = parseArgs({
  options: {
    rounds: { type: 'string', default: '6' },
    seconds: { type: 'string', default: '3' },
    connections: { type: 'string', default: '50' },
    only: { type: 'string', default: '' },
    json: { type: 'string' },
    profile: { type: 'string' },
  },
})
const ROUNDS = Number(options.rounds)
const SECONDS = Number(options.seconds)
const CONNECTIONS = Number(options.connections)

const candidates = CANDIDATES.filter(({ name }) => name.includes(options.only))
if (candidates.length === 0) throw new Error(`No candidate is called "${options.only}".`)

const redis = await startRedis()
/** @type {Map<string, Awaited<ReturnType<typeof startServer>>>} */
const servers = new Map()
try {
  const report = await run()
  print(report)
  if (options.json !== undefined)
    writeFileSync(options.json, `${JSON.stringify(report, null, 2)}\n`)
} finally {
  await Promise.all([...servers.values()].map((server) => server.stop()))
  redis.stop()
}

async function run() {
  for (const kind of new Set([BARE, ...candidates].map(({ kind }) => kind))) {
    servers.set(kind, await startServer(kind, toServerOptions()))
    say(`started ${kind}`)
  }
  await signInEverywhere('cookie')
  // Before anybody has tokens, which add to a session.
  const bytes = await bytesPerSession()
  await signInEverywhere('bearer')
  return toReport(bytes, await rounds())
}

function toServerOptions() {
  return {
    redisUrl: redis.url,
    ...(options.profile === undefined ? {} : { profileFolder: options.profile }),
  }
}

async function signInEverywhere(credential) {
  const wanted = [BARE, ...candidates].filter((one) => one.credential === credential)
  for (const kind of new Set(wanted.map(({ kind }) => kind)))
    await signIn(servers.get(kind), credential)
}

function measureOne(candidate, seconds = SECONDS) {
  const how = { redis: redis.client, seconds, connections: CONNECTIONS }
  return measure(servers.get(candidate.kind), candidate, how)
}

/**
 * Who waited while others were measured has given memory back and collects garbage more often at first. Nobody is
 * measured before that is over: otherwise bare Express, whose turn comes all the time, would have the better of it.
 */
async function measureHot(candidate) {
  await measureOne(candidate, Math.min(1, SECONDS))
  return measureOne(candidate)
}

async function rounds() {
  const bare = []
  const rows = candidates.map((candidate) => ({ ...candidate, ratios: [], results: [] }))
  for (let round = 1; round <= ROUNDS; round += 1) {
    for (const row of rows) {
      const floor = await measureHot(BARE)
      const result = await measureHot(row)
      bare.push(floor)
      row.ratios.push(result.rate / floor.rate)
      row.results.push({ ...result, cpuRatio: result.cpu / floor.cpu })
    }
    say(`round ${round} of ${ROUNDS} done`)
  }
  return { bare, rows }
}

async function bytesPerSession() {
  const { client } = redis
  const usageOf = async (pattern) => {
    const keys = await client.sendCommand(['KEYS', pattern])
    let bytes = 0
    for (const key of keys)
      bytes += Number(await client.sendCommand(['MEMORY', 'USAGE', key, 'SAMPLES', '0']))
    return { keys, bytes }
  }
  const ours = await usageOf('sj:*')
  const theirs = await usageOf('sess:*')
  const sessions = ours.keys.filter((key) => key.startsWith('sj:s{')).length
  return {
    ours: Math.round(ours.bytes / Math.max(1, sessions)),
    theirs: Math.round(theirs.bytes / Math.max(1, theirs.keys.length)),
  }
}

function toReport(bytes, { bare, rows }) {
  const only = options.only === '' ? '' : ` --only '${options.only}'`
  return {
    machine: machine(),
    command: `npm run bench -- --rounds ${ROUNDS} --seconds ${SECONDS} --connections ${CONNECTIONS}${only}`,
    bare: {
      rate: Math.round(median(bare.map(({ rate }) => rate))),
      cpu: two(median(bare.map(({ cpu }) => cpu))),
    },
    bytesPerSession: bytes,
    rows: rows.map(({ name, kind, credential, target, ratios, results }) => ({
      name,
      ratio: two(median(ratios)),
      spread: spread(ratios),
      target: target ?? null,
      cpu: two(median(results.map(({ cpuRatio }) => cpuRatio))),
      commands: two(median(results.map(({ commands }) => commands))),
      redisCpu: median(results.map(({ redisCpu }) => redisCpu)).toFixed(1),
      headerBytes: headerBytes(servers.get(kind), credential),
      p99: median(results.map(({ p99 }) => p99)),
    })),
  }
}

function print({ machine, command, bare, bytesPerSession: bytes, rows }) {
  const out = [
    `${machine}; bare Express: ${bare.rate} requests/s, ${bare.cpu} us CPU each`,
    `\`${command}\``,
    '',
    table(
      [
        'stack',
        'ratio to bare Express',
        'min-max',
        'target',
        'CPU against bare',
        'Redis commands/request',
        'Redis CPU us/request',
        'credential header bytes',
        'p99 ms',
      ],
      rows.map((row) => [
        row.name,
        row.ratio,
        row.spread,
        row.target,
        row.cpu,
        row.commands,
        row.redisCpu,
        row.headerBytes,
        row.p99,
      ]),
    ),
    '',
    `Redis bytes per session: sojourn ${bytes.ours || '-'} with its index, connect-redis ${bytes.theirs || '-'} without one.`,
  ]
  process.stdout.write(`${out.join('\n')}\n`)
}
