/**
 * `npm run bench`: ours and what people use today, side by side in one run. See README.md for the parts and options.
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { machine, say } from './harness/table.mjs'
import { noticeOf, releases } from './harness/installed.mjs'
import { requestsPart } from './requests/part.mjs'
import { peoplePart } from './people/part.mjs'
import { sizePart } from './size/part.mjs'
import { writeResults } from './chart/write.mjs'
import { smoke } from './requests/smoke.mjs'

const PARTS = { requests: requestsPart, people: peoplePart, size: sizePart }

const { values: options } = parseArgs({
  options: {
    part: { type: 'string', default: 'requests,people,size' },
    rounds: { type: 'string', default: '3' },
    seconds: { type: 'string', default: '1' },
    connections: { type: 'string', default: '50' },
    sessions: { type: 'string', default: '100000' },
    only: { type: 'string', default: '' },
    profile: { type: 'string' },
    json: { type: 'string' },
    write: { type: 'boolean', default: false },
    smoke: { type: 'boolean', default: false },
  },
})

if (options.smoke) process.exit(await smoke())

const wanted = options.part.split(',')
const unknown = wanted.find((part) => !Object.hasOwn(PARTS, part))
if (unknown !== undefined)
  throw new Error(`--part is one or more of ${Object.keys(PARTS).join(',')}; not "${unknown}".`)

const how = {
  rounds: Number(options.rounds),
  seconds: Number(options.seconds),
  warmUp: Math.min(0.5, Number(options.seconds)),
  connections: Number(options.connections),
  sessions: Number(options.sessions),
  only: options.only,
}
if (options.profile !== undefined) {
  mkdirSync(options.profile, { recursive: true })
  how.profileFolder = options.profile
}

const report = {
  machine: machine(),
  at: new Date().toISOString().slice(0, 10),
  command: `npm run bench --${toArguments(process.argv.slice(2))}`,
  releases: releases(),
  parts: {},
}
const startedAt = performance.now()
const missing = []
for (const part of wanted) {
  say(`-- ${part}`)
  const found = await PARTS[part](how)
  report.parts[part] = found
  missing.push(...(found.missing ?? []))
  process.stdout.write(`${found.text}\n\n`)
}
const notice = noticeOf(missing)
if (notice !== undefined) process.stdout.write(`${notice}\n`)
say(`took ${Math.round((performance.now() - startedAt) / 1e3)} s`)
if (options.json !== undefined) writeFileSync(options.json, `${JSON.stringify(report, null, 2)}\n`)
if (options.write) say(`wrote ${writeResults(report).join(', ')}`)

/** What the run was asked for, without where it wrote to. */
function toArguments(args) {
  const said = args.filter((arg) => arg !== '--write').join(' ')
  return said === '' ? '' : ` ${said}`
}
