/**
 * `npm run bench:tokens`: what one verification, one look into the near cache and one rotation cost, ours and others' in
 * turn in one process; and tabs that refresh at once, which must never hurt anybody: where one was, this exits with 1.
 * Options: --rounds 5, --seconds 1 (for each in each round), --races 200, --parallel 50, --only verify|cache|refresh|race,
 * --json FILE.
 */
import { writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { startRedis } from './harness/redis.mjs'
import { machine, say, table } from './harness/table.mjs'
import { nearCacheCases } from './micro/near-cache.mjs'
import { race, theirsInRace } from './micro/race.mjs'
import { measureRefresh } from './micro/refresh.mjs'
import { compare } from './micro/timing.mjs'
import { cachedCases, firstTimeCases } from './micro/verify.mjs'

const { values: options } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '1' },
    races: { type: 'string', default: '200' },
    parallel: { type: 'string', default: '50' },
    only: { type: 'string' },
    json: { type: 'string' },
  },
})
const how = { rounds: Number(options.rounds), seconds: Number(options.seconds) }
const tabs = { races: Number(options.races), parallel: Number(options.parallel) }

const PARTS = {
  verify: async () => compare([...(await cachedCases()), ...(await firstTimeCases())], how),
  async cache() {
    const { cases, close } = await nearCacheCases()
    const rows = await compare(cases, how)
    await close()
    return rows
  },
  refresh: (redis) => measureRefresh({ redis, ...how }),
  race: async (redis) => [
    ...(await race({ redisUrl: redis.url, ...tabs })),
    await theirsInRace({ redisUrl: redis.url, ...tabs }),
  ],
}

const wanted = Object.keys(PARTS).filter((part) => (options.only ?? part) === part)
if (wanted.length === 0) throw new Error(`--only is one of ${Object.keys(PARTS).join(', ')}.`)

const redis = await startRedis()
try {
  const report = {
    machine: machine(),
    command: `npm run bench:tokens -- --rounds ${how.rounds} --seconds ${how.seconds} --races ${tabs.races} --parallel ${tabs.parallel}`,
  }
  for (const part of wanted) {
    report[part] = await PARTS[part](redis)
    say(`${part} done`)
  }
  print(report)
  if (options.json !== undefined)
    writeFileSync(options.json, `${JSON.stringify(report, null, 2)}\n`)
  if (report.race?.some(({ mustHold, violations }) => mustHold && violations > 0))
    process.exitCode = 1
} finally {
  redis.stop()
}

function print({ machine, command, verify, cache, refresh, race }) {
  const out = [machine, `\`${command}\``]
  if (verify !== undefined) out.push('', timings('verification of one access token', verify))
  if (cache !== undefined) out.push('', timings('who is this', cache))
  if (refresh !== undefined) out.push('', rotations(refresh))
  if (race !== undefined) out.push('', races(race))
  process.stdout.write(`${out.join('\n')}\n`)
}

function timings(head, rows) {
  return table(
    [head, 'us each', 'min-max', 'target', 'CPU us each'],
    rows.map(({ name, microseconds, spread, target, cpu }) => [
      name,
      microseconds,
      spread,
      target,
      cpu,
    ]),
  )
}

function rotations(rows) {
  return table(
    [
      '50 in flight',
      'each second',
      'min-max',
      'Redis commands each',
      'us in the command (commandstats)',
      'Redis CPU us each',
    ],
    rows.map(({ name, rate, spread, commands, usecPerCall, redisCpu }) => [
      name,
      rate,
      spread,
      commands,
      usecPerCall,
      redisCpu,
    ]),
  )
}

function races(rows) {
  return table(
    [
      'the same refresh token at once',
      'races',
      'in parallel',
      'violations',
      'the first',
      '503, tried again',
    ],
    rows.map(({ name, races, parallel, violations, first, unavailable }) => [
      name,
      races,
      parallel,
      violations,
      first,
      unavailable,
    ]),
  )
}
