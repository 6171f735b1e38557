import { InvalidArgumentError, type Command } from 'commander'
import { CommandFailed } from './exit.js'
import { openLegacyRedis, type LegacyRedis } from './legacy-redis.js'
import { printable } from './printable.js'
import { renderTable } from './table.js'
import type { Terminal } from './terminal.js'

const DEFAULT_PREFIX = 'jwt-redis-sessions:'
/** Keys looked at before a walk gives up: some 20 s of SCAN. */
const MOST_KEYS = 1_000_000
const MOST_LISTED = 20

interface LegacyFlags {
  readonly prefix: string
  readonly json?: boolean
  readonly limit: number
}

/** Adds `sojourn legacy …`: looks at the keys of jwt-redis-sessions (and at any other prefix), and changes none. */
export function addLegacy(program: Command, terminal: Terminal): void {
  const legacy = program
    .command('legacy')
    .helpCommand(false)
    .description('look at the keys of jwt-redis-sessions in Redis, without KEYS; changes nothing')
    .addHelpText('after', EXAMPLES)
  look(legacy, 'count', 'count the keys of each kind')
    .option('-l, --limit <keys>', 'stop after so many keys', readLimit, MOST_KEYS)
    .action(async (flags: LegacyFlags) => count(terminal, flags))
  look(legacy, 'list', 'show the ids of some sessions')
    .option('-l, --limit <sessions>', 'how many', readLimit, MOST_LISTED)
    .action(async (flags: LegacyFlags) => list(terminal, flags))
  look(legacy, 'show', 'show the record of one session, and how long it rests')
    .argument('<id>', 'the id of a session, as `sojourn legacy list` shows it')
    .action(async (id: string, flags: LegacyFlags) => show(terminal, id, flags))
}

function look(legacy: Command, name: string, words: string): Command {
  return legacy
    .command(name)
    .description(words)
    .option('-p, --prefix <text>', 'what the keys begin with', readPrefix, DEFAULT_PREFIX)
    .option('--json', 'answer in JSON')
    .addHelpText(
      'after',
      `\nExamples:\n  sojourn legacy ${name}${name === 'show' ? ' <id>' : ' --json'}`,
    )
}

/** What a key is for, by the word behind the prefix. */
function kindOf(rest: string): string {
  const [, word] = /^([a-z][a-z-]{0,31}):/.exec(rest) ?? []
  if (word !== undefined) return word
  // The drop-in's own records, each with its bucket in braces.
  return /^[sugxk]\{/.test(rest) ? 'sojourn' : 'other'
}

async function count(terminal: Terminal, { prefix, limit, json }: LegacyFlags): Promise<void> {
  await withRedis(terminal, async (redis) => {
    const counts = new Map<string, number>()
    let [keys, isWhole] = [0, true]
    for await (const batch of redis.walk(prefix)) {
      for (const key of batch) {
        const kind = kindOf(key.slice(prefix.length))
        counts.set(kind, (counts.get(kind) ?? 0) + 1)
      }
      keys += batch.length
      showProgress(terminal, keys)
      isWhole = keys < limit
      if (!isWhole) break
    }
    if (terminal.columns !== undefined) terminal.writeError('\r')
    const rows = [...counts].sort(([a], [b]) => (a < b ? -1 : 1))
    if (json === true) {
      const answer = { prefix, isWhole, keys, kinds: Object.fromEntries(rows) }
      terminal.write(`${printable(answer)}\n`)
      return
    }
    const texts = rows.map(([kind, number]) => [kind, String(number)])
    terminal.write(renderTable(['KIND', 'KEYS'], texts, terminal.columns !== undefined))
    if (!isWhole) terminal.write(`Stopped after ${String(keys)} keys: --limit looks at more.\n`)
  })
}

async function list(terminal: Terminal, { prefix, limit, json }: LegacyFlags): Promise<void> {
  await withRedis(terminal, async (redis) => {
    const start = `${prefix}session:`
    const ids = new Set<string>()
    let seen = 0
    for await (const batch of redis.walk(start)) {
      for (const key of batch) ids.add(key.slice(start.length))
      seen += batch.length
      showProgress(terminal, seen)
      if (ids.size >= limit) break
    }
    if (terminal.columns !== undefined) terminal.writeError('\r')
    const sessions = [...ids].slice(0, limit)
    const lines = sessions.map((id) => `${printable(id).slice(1, -1)}\n`).join('')
    terminal.write(json === true ? `${printable({ prefix, sessions })}\n` : lines)
  })
}

async function show(terminal: Terminal, id: string, { prefix, json }: LegacyFlags): Promise<void> {
  await withRedis(terminal, async (redis) => {
    const found = await redis.read(`${prefix}session:${id}`)
    if (found === undefined) {
      throw new CommandFailed('There is no such session, or it has expired.')
    }
    const hasRefreshToken = (await redis.read(`${prefix}refresh:${id}`)) !== undefined
    const answer = { expiresIn: found.expiresIn, hasRefreshToken, record: parse(found.text) }
    if (json === true) {
      terminal.write(`${printable(answer)}\n`)
      return
    }
    const rest = found.expiresIn === null ? 'has no end' : `ends in ${String(found.expiresIn)} s`
    const token = hasRefreshToken ? 'can be refreshed' : 'cannot be refreshed any more'
    terminal.write(`${rest}, ${token}\n${printable(answer.record)}\n`)
  })
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new CommandFailed('Its record is no JSON: the drop-in takes it for no session.')
  }
}

function showProgress(terminal: Terminal, keys: number): void {
  if (terminal.columns !== undefined) terminal.writeError(`\r${String(keys)} keys`)
}

async function withRedis(
  terminal: Terminal,
  work: (redis: LegacyRedis) => Promise<void>,
): Promise<void> {
  const redis = await openLegacyRedis(terminal.environment()['REDIS_URL'])
  try {
    await work(redis)
  } finally {
    redis.close()
  }
}

function readLimit(text: string): number {
  const limit = /^\d{1,9}$/.test(text) ? Number(text) : 0
  if (limit > 0) return limit
  throw new InvalidArgumentError('A whole number from 1 on is wanted.')
}

function readPrefix(text: string): string {
  if (text !== '') return text
  throw new InvalidArgumentError('Without a prefix this would be every key of the database.')
}

const EXAMPLES = `
Reads REDIS_URL alone (redis://… or rediss://…); the rest of the service's configuration is not needed.

Examples:
  sojourn legacy count                      how many sessions, refresh tokens and revoked tokens there are
  sojourn legacy count --prefix myapp:jwt:  the same under your REDIS_KEY_PREFIX
  sojourn legacy show <id> --json           one session's record`
