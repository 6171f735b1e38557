import type { Command } from 'commander'
import { adviseOn } from '../load/advice.js'
import { EnrolmentFailed } from '../load/enrol.js'
import { DEFAULT_MIX, mixText, type Mix } from '../load/mix.js'
import type { LoadReport } from '../load/report.js'
import { runLoad, type LoadPlan } from '../load/run.js'
import { createBarStage, createPlainStage, silentStage, type Stage } from '../load/stage.js'
import { isLoopback } from '../load/target.js'
import { CommandFailed } from './exit.js'
import { toLoadText } from './load-text.js'
import {
  readCredential,
  readMix,
  readPath,
  readPem,
  readRate,
  readShare,
  readShowing,
  readTime,
  toTarget,
  whole,
} from './load-values.js'
import { printable } from './printable.js'
import type { Terminal } from './terminal.js'

interface LoadFlags {
  readonly mix?: Mix
  readonly users?: number
  readonly accounts?: number
  readonly show?: 'cookie' | 'bearer' | 'both'
  readonly connections?: number
  readonly duration?: number
  readonly warmUp?: number
  readonly timeout?: number
  readonly rate?: number
  readonly maxErrors?: number
  readonly maxP99?: number
  readonly app?: boolean
  readonly path?: readonly string[]
  readonly cookie?: string
  readonly bearer?: string
  readonly ca?: string
  readonly json?: boolean
  readonly yesThisIsMine?: boolean
}

const USERS = 50
const MOST_PEOPLE = 100_000

/** Adds `sojourn load URL`: how much a service stands, and how long it takes then. */
export function addLoad(program: Command, terminal: Terminal): void {
  const command = program
    .command('load')
    .description('load a service, or an application of your own, and tell how it did')
    .argument('<url>', 'where it answers, such as http://localhost:3000')
  addPeople(command)
  addPressure(command)
  addApplication(command)
  command
    .option('--json', 'answer in JSON')
    .option(
      '--yes-this-is-mine',
      'for a host that is not this machine: you may, and nobody works there',
    )
    .addHelpText('after', EXAMPLES)
    .action(async (address: string, flags: LoadFlags) => {
      const target = toTarget(address)
      if (typeof target === 'string') return command.error(`error: ${target}`)
      const refusal = refuse(target, flags)
      if (refusal !== undefined) return command.error(`error: ${refusal}`)
      await load(terminal, target, flags)
    })
}

function addPeople(command: Command): void {
  command
    .option('--mix <shares>', `what people do (default: ${mixText(DEFAULT_MIX)})`, readMix)
    .option('--users <number>', `who takes part (default: ${String(USERS)})`, whole(1, MOST_PEOPLE))
    .option('--accounts <number>', 'made for them (default: one each)', whole(1, MOST_PEOPLE))
    .option('--show <what>', 'cookie, bearer, or both in turn (default: cookie)', readShowing)
}

function addPressure(command: Command): void {
  command
    .option('--connections <number>', 'connections at once (default: 10)', whole(1, 10_000))
    .option('--duration <time>', 'how long is measured (default: 30s)', readTime(100))
    .option('--warm-up <time>', 'how long before that nobody looks (default: 2s)', readTime(0))
    .option('--rate <number>', 'requests a second, whatever the answers (open loop)', readRate)
    .option('--timeout <time>', 'for each request (default: 10s)', readTime(1))
    .option('--max-errors <share>', 'how many may fail (default: 0.1%)', readShare)
    .option('--max-p99 <time>', 'what 99 % of the requests must not exceed', readTime(1))
}

function addApplication(command: Command): void {
  command
    .option('--app', 'an application of your own: --path is asked for, with a credential')
    .option('--path <path>', 'with --app; again for more of them (default: /)', readPath)
    .option('--cookie <file>', 'with --app: holds the Cookie header; - for the standard input')
    .option('--bearer <file>', 'with --app: holds an access token; - for the standard input')
    .option('--ca <file>', 'certificates (PEM) of a private authority')
}

async function load(terminal: Terminal, url: URL, flags: LoadFlags): Promise<void> {
  const who = flags.app === true ? await toPaths(terminal, url, flags) : toPeople(flags)
  const interruption = new AbortController()
  const stop = (): void => interruption.abort()
  // Once: who asks a second time does not want to wait for the summary.
  process.once('SIGINT', stop)
  try {
    const stage = toStage(terminal, flags)
    const report = await runLoad({ ...toPlan(url, flags), who, stage, signal: interruption.signal })
    print(terminal, report, flags.json === true)
    if (report.misses.length > 0) throw new CommandFailed('the budget was missed.')
  } catch (error) {
    if (error instanceof EnrolmentFailed) throw new CommandFailed(error.message)
    throw error
  } finally {
    process.removeListener('SIGINT', stop)
  }
}

function print(terminal: Terminal, report: LoadReport, isJson: boolean): void {
  if (isJson) terminal.write(`${printable({ ...report, advice: adviseOn(report) })}\n`)
  else terminal.write(toLoadText(report, terminal.columns !== undefined))
}

/** What does not go together, with the reason. */
function refuse(url: URL, flags: LoadFlags): string | undefined {
  if (!isLoopback(url) && flags.yesThisIsMine !== true) {
    return `${url.hostname} is not this machine. A load test can stop a service and fill its database. If it is yours, and nobody works there now, add --yes-this-is-mine.`
  }
  return flags.app === true ? refuseForApp(flags) : refuseForPeople(url, flags)
}

function refuseForApp(flags: LoadFlags): string | undefined {
  const misplaced = FOR_PEOPLE.find((name) => flags[name] !== undefined)
  if (misplaced !== undefined) {
    return `--${misplaced} is for people at our own routes; with --app there are none.`
  }
  const isTwice = flags.cookie === '-' && flags.bearer === '-'
  return isTwice ? 'the standard input holds one credential.' : undefined
}

function refuseForPeople(url: URL, flags: LoadFlags): string | undefined {
  const misplaced = FOR_APPS.find((name) => flags[name] !== undefined)
  if (misplaced !== undefined) return `--${misplaced} is for --app.`
  if (url.pathname + url.search !== '/') return `only the origin is wanted: ${url.origin}`
  const { users = USERS, accounts = users } = flags
  return accounts > users
    ? '--accounts is more than --users: nobody would use the rest.'
    : undefined
}

const FOR_PEOPLE = ['mix', 'users', 'accounts', 'show'] as const
const FOR_APPS = ['path', 'cookie', 'bearer'] as const

function toPeople({ mix = DEFAULT_MIX, users = USERS, accounts, show = 'cookie' }: LoadFlags) {
  return { mix, users, accounts: accounts ?? users, showing: show }
}

async function toPaths(
  terminal: Terminal,
  url: URL,
  { path, cookie, bearer }: LoadFlags,
): Promise<Extract<LoadPlan['who'], { paths: unknown }>> {
  const headers: Record<string, string> = {}
  if (cookie !== undefined) headers['Cookie'] = await readCredential(terminal, '--cookie', cookie)
  if (bearer !== undefined) {
    const token = await readCredential(terminal, '--bearer', bearer)
    headers['Authorization'] = `Bearer ${token.replace(/^Bearer +/i, '')}`
  }
  return { paths: path ?? [url.pathname + url.search], headers }
}

function toPlan(target: URL, flags: LoadFlags): Omit<LoadPlan, 'who' | 'stage' | 'signal'> {
  const { connections = 10, duration = 30_000, warmUp = 2_000, timeout = 10_000, rate } = flags
  return {
    ...{ target, connections, duration, warmUp, timeout, rate },
    ca: flags.ca === undefined ? undefined : readPem(flags.ca),
    budget: { maxErrors: flags.maxErrors ?? 0.001, maxP99: flags.maxP99 },
  }
}

/** A bar for people, lines for logs; JSON stands alone. */
function toStage({ columns, writeError }: Terminal, { json }: LoadFlags): Stage {
  if (json === true) return silentStage
  return columns === undefined ? createPlainStage(writeError) : createBarStage(writeError, columns)
}

const EXAMPLES = `
Examples:
  sojourn load http://localhost:3000                        50 people over 10 connections, 30 seconds
  sojourn load http://localhost:3000 --rate 200 --max-p99 50ms
  sojourn load http://localhost:3000 --mix read=95,refresh=5 --show bearer
  sojourn load https://staging.example --yes-this-is-mine --rate 500 --duration 5m
  sojourn load http://localhost:8080 --app --path /me --cookie - < cookie.txt
Exit code 1: the budget (--max-errors, --max-p99) was missed, or nobody could be signed in.`
