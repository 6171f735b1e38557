import { mkdirSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { toText, type History } from '../history.js'
import type { Built } from './app-process.js'
import { Desk } from './desk.js'
import { openLaboratory, type Laboratory, type Setting } from './laboratory.js'
import { Crowd, type Weights } from './people.js'
import { createRandom, type Random } from './random.js'
import { Recorder } from './recorder.js'
import { createWire } from './wire.js'

export interface Plan extends Setting {
  readonly seed: number
  /** Milliseconds. */
  readonly duration: number
  /** Names of faults and how often they come. Empty: none. */
  readonly faults: Readonly<Record<string, number>>
  readonly clients?: number
  /** At least so many calls, however long they take. Default 0. */
  readonly calls?: number
}

/** What a run leaves behind. */
export interface Run {
  readonly history: History
  /** Processes that ended though nobody had killed them, with what they complained of. */
  readonly crashes: readonly string[]
}

/** Everything that the library can do. */
const SOJOURN: Weights = {
  ...{ read: 34, set: 22, delete: 5, increment: 14, refresh: 12, list: 4 },
  ...{ 'sign-in': 1, 'sign-out': 1, revoke: 0.8, 'revoke-all': 0.5, reuse: 0.7 },
}
/** What express-session can do. */
const EXPRESS_SESSION: Weights = { read: 40, set: 30, increment: 15, delete: 5, 'sign-out': 8 }

/** The faults of a default run; each comes as often as its number says. */
export const FAULTS: Plan['faults'] = {
  ...{ 'application killed': 2, 'Redis paused': 2, 'Redis killed': 2, 'clients killed': 2 },
  ...{ 'listeners killed': 1, 'scripts flushed': 2, 'line cut': 2, 'line silent': 3 },
  ...{ 'line refused': 1, 'writer stalled': 3, 'listener stalled': 3, 'application paused': 2 },
}

const CLIENTS = 10
/** Milliseconds: the defaults of the library. */
const [STALENESS, LATE_AFTER, GRACE] = [500, 1_000, 10_000]

/** Makes a history. */
export async function run(built: Built, plan: Plan): Promise<Run> {
  const { app, topology, seed } = plan
  // A cluster has no near cache yet, and nobody else promises anything about late writes.
  const isStrict = plan.isStrict || topology === 'cluster'
  const recorder = new Recorder({
    kind: 'about',
    subject: `${app} on ${topology}${isStrict ? ', strict' : ''}`,
    seed,
    staleness: isStrict || app !== 'sojourn' ? 0 : STALENESS,
    lateAfter: app === 'sojourn' ? LATE_AFTER : null,
    grace: GRACE,
  })
  const laboratory = await openLaboratory(built, { ...plan, isStrict })
  const wire = createWire(5_000)
  try {
    await play(recorder, laboratory, new Desk(recorder, wire, laboratory.processes), plan)
    const at = recorder.now()
    recorder.lines.push({ kind: 'dump', at, ...(await laboratory.dump()) })
    const crashed = laboratory.processes.filter(({ crashes }) => crashes > 0)
    return { history: recorder.lines, crashes: crashed.map(({ complaints }) => complaints) }
  } finally {
    wire.close()
    await laboratory.close()
  }
}

async function play(
  recorder: Recorder,
  laboratory: Laboratory,
  desk: Desk,
  plan: Plan,
): Promise<void> {
  const random = createRandom(plan.seed)
  const weights = plan.app === 'sojourn' ? SOJOURN : EXPRESS_SESSION
  const crowd = new Crowd({ desk, random, weights, lateAfter: LATE_AFTER, grace: GRACE })
  const until = recorder.now() + plan.duration
  const isOver = (): boolean => recorder.now() >= until && recorder.calls >= (plan.calls ?? 0)
  const clients = Array.from({ length: plan.clients ?? CLIENTS }, (_, at) => crowd.work(at, isOver))
  await Promise.all([...clients, disturb(recorder, laboratory, plan, until)])
  const isDisturbed = Object.keys(plan.faults).length > 0
  // What is unknown is done by then, or never; and whoever refuses by habit asks again.
  await sleep(isDisturbed ? LATE_AFTER + 200 : 50)
  await crowd.lookAgain(plan.clients ?? CLIENTS, desk.open())
}

/** One fault after the other, each mended after a while. */
async function disturb(
  recorder: Recorder,
  { faults }: Laboratory,
  plan: Plan,
  until: number,
): Promise<void> {
  const random: Random = createRandom(plan.seed).branch(1_000)
  const wanted = Object.entries(plan.faults).filter(([name]) => faults[name] !== undefined)
  const left = (): number => Math.max(0, until - recorder.now())
  while (wanted.length > 0) {
    await sleep(100 + random.below(400))
    if (left() < 100) break
    const name = random.weighed(Object.fromEntries(wanted))
    recorder.fault(name)
    const mend = await faults[name]?.(random)
    // Short ones are met by retries; the long ones outlast every bound that is promised, and stalls are about nothing else.
    const isLong = name.endsWith('stalled') || random.isOneIn(3)
    const lasts = isLong ? 900 + random.below(1_200) : 50 + random.below(600)
    await sleep(Math.min(lasts, left()))
    await mend?.()
    recorder.fault(`${name}: mended`)
  }
}

/** Keeps a history where it can be judged again: see docs/guide/history-checker.md. Answers the file. */
export function keep(history: History): string {
  const folder = join(tmpdir(), 'sojourn-histories')
  mkdirSync(folder, { recursive: true })
  const [about] = history
  const { subject, seed } = about?.kind === 'about' ? about : { subject: 'unknown', seed: 0 }
  const name = `${subject.replaceAll(/\W+/g, '-')}-${String(seed)}-${String(process.pid)}`
  const file = join(folder, `${name}-${String(Math.round(performance.now()))}.jsonl`)
  writeFileSync(file, toText(history))
  return file
}
