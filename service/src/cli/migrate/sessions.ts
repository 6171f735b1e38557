import type { Resting } from 'sojourn'
import { clocksApart, moveSessions, RESTING_KINDS, type Moved } from '../../admin/move-sessions.js'
import type { OpenedStore } from '../../session-store.js'
import { CommandFailed } from '../exit.js'
import { printable } from '../printable.js'
import { renderTable } from '../table.js'
import type { Terminal } from '../terminal.js'
import { toPlace, type StorePlace } from './place.js'

export interface MoveFlags {
  readonly from: string
  readonly to: string
  readonly fromPrefix?: string
  readonly toPrefix?: string
  readonly resume?: string
  readonly dryRun?: boolean
  readonly json?: boolean
}

/** Instants are kept, so both stores have to agree on the time. Milliseconds. */
const CLOCKS_APART = 5_000

/** `sojourn migrate sessions`. */
export async function migrateSessions(terminal: Terminal, flags: MoveFlags): Promise<void> {
  // What is made is for us alone, as with the service.
  process.umask(0o077)
  const environment = terminal.environment()
  const from = toPlace(flags.from, '--from', environment, flags.fromPrefix)
  const to = toPlace(flags.to, '--to', environment, flags.toPrefix)
  if (!from.exists) throw new CommandFailed(`There is nothing to move: no ${from.name}.`)
  if (from.name === to.name) throw new CommandFailed(`--from and --to are both ${to.name}.`)
  const isDryRun = flags.dryRun === true
  const opened: OpenedStore[] = []
  const open = async (place: StorePlace): Promise<OpenedStore['store']> => {
    const one = await place.open()
    opened.push(one)
    return one.store
  }
  try {
    const source = await open(from)
    const target = isDryRun ? undefined : await open(to)
    if (target !== undefined) await checkClocks(source, target)
    const moved = await move(terminal, flags, source, target)
    tell(terminal, flags, { from, to }, moved)
    conclude(moved)
  } finally {
    await Promise.all(opened.map(async (one) => one.close()))
  }
}

async function checkClocks(source: OpenedStore['store'], target: OpenedStore['store']) {
  const apart = await clocksApart(source, target)
  if (apart <= CLOCKS_APART) return
  throw new CommandFailed(
    `The clocks of the two stores are ${Math.round(apart / 1_000)} s apart: sessions would end too early or too late. Set them first.`,
  )
}

async function move(
  terminal: Terminal,
  { resume, json }: MoveFlags,
  source: OpenedStore['store'],
  target: OpenedStore['store'] | undefined,
): Promise<Moved> {
  const isSpoken = terminal.columns !== undefined && json !== true
  const interruption = new AbortController()
  const stop = (): void => interruption.abort()
  // Once: who asks a second time does not want to wait for the counts.
  process.once('SIGINT', stop)
  let reached = resume
  try {
    const moved = await moveSessions(source, {
      to: target,
      cursor: resume,
      signal: interruption.signal,
      onStep({ kinds, next }) {
        reached = next
        const met = RESTING_KINDS.reduce((sum, kind) => sum + kinds[kind].met, 0)
        if (isSpoken) terminal.writeError(`\r${met} things`)
      },
    })
    if (isSpoken) terminal.writeError('\r')
    return moved
  } catch (error) {
    if (reached !== undefined) terminal.writeError(`sojourn: go on with --resume ${reached}\n`)
    throw error
  } finally {
    process.removeListener('SIGINT', stop)
  }
}

const NAMES: Readonly<Record<Resting['kind'], string>> = {
  session: 'sessions',
  ending: 'reasons of ends',
  subject: 'subjects',
  document: 'documents (key rings)',
}

function tell(
  terminal: Terminal,
  { json, dryRun: isDryRun = false }: MoveFlags,
  { from, to }: { readonly from: StorePlace; readonly to: StorePlace },
  moved: Moved,
): void {
  const { kinds, unreadable, keptDocuments, next } = moved
  if (json === true) {
    const isComplete = next === undefined
    const places = { from: from.name, to: to.name }
    const answer = { ...places, isDryRun, isComplete, ...moved, next: next ?? null }
    terminal.write(`${printable(answer)}\n`)
    return
  }
  const head = ['WHAT', 'MET', ...(isDryRun ? [] : ['MOVED', 'NEWER THERE', 'OVER', 'MISPLACED'])]
  const rows = RESTING_KINDS.map((kind) => {
    const { met, taken, kept, over, misplaced } = kinds[kind]
    const numbers = isDryRun ? [met] : [met, taken, kept, over, misplaced]
    return [NAMES[kind], ...numbers.map(String)]
  })
  const notes = [
    ...(unreadable === 0
      ? []
      : [`${unreadable} could not be read by this version, and were left.`]),
    ...keptDocuments.map(
      (name) => `The document ${printable(name)} differs over there, and was left as it is.`,
    ),
    ...(isDryRun ? ['Nothing was changed.'] : []),
  ]
  const title = `from ${from.name}\nto   ${to.name}\n`
  const table = renderTable(head, rows, terminal.columns !== undefined)
  terminal.write(title + table + notes.map((note) => `${note}\n`).join(''))
}

function conclude({ kinds, next }: Moved): void {
  if (next !== undefined) throw new CommandFailed(`Stopped. Go on with --resume ${next}`)
  const { misplaced } = kinds.session
  if (misplaced === 0) return
  throw new CommandFailed(
    `${misplaced} sessions were made with another routing key, and were not moved: "sign out everywhere" would not find them. Those people sign in again.`,
  )
}
