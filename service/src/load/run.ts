/**
 * load/ owns load tests: who asks what, how hard, and what came of it. cli/load.ts calls `runLoad` and prints its report. It
 * knows a service by its address alone, as any client does, and never touches configuration, store or code of the one it asks.
 */
import { monitorEventLoopDelay } from 'node:perf_hooks'
import type { Budget } from './budget.js'
import { fire } from './cannon.js'
import { Crowd, type Scenario } from './crowd.js'
import { drive } from './drive.js'
import { enrol, signEverybodyOut } from './enrol.js'
import { mixText, OPERATIONS, type Mix } from './mix.js'
import { createPathScenario, type PathPlan } from './paths.js'
import type { Person, Showing } from './person.js'
import { Recorder } from './recorder.js'
import { countsOf, toReport, type Conditions, type LoadReport, type Sender } from './report.js'
import type { Stage } from './stage.js'
import { createWire, type Wire } from './wire.js'

/** Everything a run needs to know. Durations are milliseconds. */
export interface LoadPlan {
  readonly target: URL
  /** People at our routes, or the paths of an application. */
  readonly who:
    | {
        readonly mix: Mix
        readonly users: number
        readonly accounts: number
        readonly showing: Showing | 'both'
      }
    | PathPlan
  readonly connections: number
  readonly duration: number
  readonly warmUp: number
  readonly timeout: number
  /** Requests a second; `undefined`: a closed loop. */
  readonly rate: number | undefined
  readonly ca: string | undefined
  readonly budget: Budget
  /** Ends the run early; its report is of what was measured until then. */
  readonly signal: AbortSignal
  readonly stage: Stage
}

/** @throws EnrolmentFailed where there would be nobody to ask anything. */
export async function runLoad(plan: LoadPlan): Promise<LoadReport> {
  const { target, connections, timeout, ca } = plan
  const wire = createWire({ origin: target, connections, timeout, ca })
  try {
    return 'mix' in plan.who
      ? await withPeople(plan, plan.who, wire)
      : await withPaths(plan, plan.who, wire)
  } finally {
    wire.close()
  }
}

/** Until so long after the end, people are signed out. */
const TIDY_WITHIN = 15_000

async function withPeople(
  plan: LoadPlan,
  who: Extract<LoadPlan['who'], { mix: Mix }>,
  wire: Wire,
): Promise<LoadReport> {
  const enrolled = new Recorder(['register', 'sign-in'])
  const people = await arrive(plan, who, wire, enrolled)
  const crowd = new Crowd(people, who.mix, OPERATIONS)
  const measured = await measure(plan, crowd, (recorder, duration) =>
    drive({ ...plan, scenario: crowd, wire, recorder, duration }),
  )
  const left = new Recorder(['sign-out'])
  plan.stage.say('signing everybody out')
  const signal = AbortSignal.timeout(TIDY_WITHIN)
  await signEverybodyOut(crowd.signedIn, { wire, recorder: left, signal })
  const { users, accounts } = who
  const conditions = { scenario: 'service', mix: mixText(who.mix), users, accounts } as const
  return conclude(plan, measured, {
    conditions: { ...conditions, sender: 'node:http' },
    enrolment: countsOf(enrolled.facts()),
    signOut: countsOf(left.facts()),
  })
}

async function arrive(
  { stage, signal }: LoadPlan,
  who: Extract<LoadPlan['who'], { mix: Mix }>,
  wire: Wire,
  recorder: Recorder,
): Promise<Person[]> {
  const end = stage.begin(`creating ${String(who.accounts)} accounts`, who.users)
  try {
    const onProgress = (done: number): void => stage.reach(done)
    return await enrol({ ...who, wire, recorder, signal, onProgress })
  } finally {
    end()
  }
}

async function withPaths(plan: LoadPlan, who: PathPlan, wire: Wire): Promise<LoadReport> {
  const scenario = createPathScenario(who)
  const isPlain = plan.rate === undefined && plan.target.protocol === 'http:'
  const measured = await measure(plan, scenario, (recorder, duration) =>
    isPlain
      ? fire({ ...plan, ...who, origin: plan.target, recorder, duration })
      : drive({ ...plan, scenario, wire, recorder, duration }),
  )
  const sender = isPlain ? 'autocannon' : 'node:http'
  return conclude(plan, measured, {
    conditions: { scenario: 'app', mix: null, users: 0, accounts: 0, sender },
    enrolment: {},
    signOut: {},
  })
}

interface Measured {
  readonly recorder: Recorder
  readonly warm: Recorder
  readonly lasted: number
  readonly sender: Sender
}

/** Sends for the time of the warm-up, which nobody looks at, and then for the time that counts. */
async function measure(
  { stage, duration, warmUp, signal }: LoadPlan,
  { operations }: Scenario,
  send: (recorder: Recorder, duration: number) => Promise<void>,
): Promise<Measured> {
  const warm = new Recorder(operations)
  if (warmUp > 0 && !signal.aborted) {
    stage.say(`warming up for ${String(warmUp / 1_000)} s`)
    await send(warm, warmUp)
  }
  const recorder = new Recorder(operations)
  const delay = monitorEventLoopDelay({ resolution: 10 })
  const end = stage.watch(duration, () => recorder.live())
  const [begunAt, cpu] = [performance.now(), process.cpuUsage()]
  delay.enable()
  await send(recorder, duration)
  delay.disable()
  const lasted = performance.now() - begunAt
  const { user, system } = process.cpuUsage(cpu)
  end()
  const lateness = Math.max(0, delay.percentile(99) / 1e6 - 10)
  return { recorder, warm, lasted, sender: { cores: (user + system) / 1_000 / lasted, lateness } }
}

function conclude(
  { target, rate, connections, warmUp, duration, budget, signal }: LoadPlan,
  { recorder, warm, lasted, sender }: Measured,
  rest: Pick<LoadReport['beside'], 'enrolment' | 'signOut'> & {
    readonly conditions: Omit<Conditions, 'target' | 'rate' | 'connections' | 'warmUp' | 'duration'>
  },
): LoadReport {
  const common = { target: target.origin, rate: rate ?? null, connections, warmUp, duration }
  const { enrolment, signOut } = rest
  const measured = {
    conditions: { ...common, ...rest.conditions },
    lasted,
    isInterrupted: signal.aborted,
    sender,
    beside: { enrolment, warmUp: countsOf(warm.facts()), signOut },
  }
  return toReport(measured, recorder.facts(), budget)
}
