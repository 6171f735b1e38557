import { countText, rateText, shareText, spanText } from './amounts.js'
import { errorsIn } from './budget.js'
import { isLoopback } from './target.js'
import type { LoadReport } from './report.js'

/** What to look at next: a few sentences, the weightiest first. Only what this run gives reason to say. */
export function adviseOn(report: LoadReport): string[] {
  return RULES.flatMap((rule) => rule(report) ?? [])
}

type Rule = (report: LoadReport) => string | undefined

/** In the order in which they are told: what makes the figures meaningless comes before what they mean. */
const RULES: readonly Rule[] = [
  throttled,
  unavailable,
  unreachable,
  late,
  signedOut,
  failing,
  busySender,
  slowSignIn,
  longTail,
  fewSamples,
  closed,
  sameMachine,
]

function count({ all }: LoadReport, ...kinds: string[]): number {
  return kinds.reduce((sum, kind) => sum + (all.errors[kind] ?? 0), 0)
}

function throttled(report: LoadReport): string | undefined {
  const refused = count(report, '429')
  if (refused === 0) return undefined
  const start = `${countText(refused)} answers were 429: limits were measured, not capacity.`
  if (report.conditions.scenario === 'app')
    return `${start} Raise the limits of the one under test.`
  return `${start} Start the one under test with RATE_LIMIT=1000000: all requests of a load test come from one address.`
}

function unavailable(report: LoadReport): string | undefined {
  const refused = count(report, '503')
  if (refused === 0) return undefined
  const signIn = report.operations.find(({ operation }) => operation === 'sign-in')
  const atSignIn = signIn?.errors['503'] ?? 0
  if (atSignIn > refused / 2) {
    return `${countText(refused)} answers were 503, most of them to sign-ins: more passwords came than can be hashed. Look at sojourn_password_queue_length; hashing needs cores, or fewer sign-ins in --mix.`
  }
  return `${countText(refused)} answers were 503: the store did not answer in time, and nobody was signed out. Look at sojourn_store_calls_seconds, at sojourn_store_breaker_open, and at the CPU and SLOWLOG of Redis.`
}

function unreachable(report: LoadReport): string | undefined {
  const lost = count(report, 'connection')
  const slow = count(report, 'timeout')
  if (lost + slow === 0) return undefined
  const said = `${countText(lost)} requests lost their connection and ${countText(slow)} had no answer in time.`
  return `${said} Look for restarts, for limits of open files, and at what stands in between.`
}

function late(report: LoadReport): string | undefined {
  const { all, conditions, served } = report
  if (conditions.rate === null) return undefined
  const unsent = count(report, 'not-sent')
  const rate = rateText(conditions.rate)
  if (unsent > 0) {
    return `${countText(unsent)} requests were due and found no connection until the end: ${rate}/s is more than can be answered over ${String(conditions.connections)} connections, and the true percentiles are worse than these. The knee is at a lower rate.`
  }
  if (all.latency.p99 > 2 * served.p99 && all.latency.p99 > served.p99 + 5) {
    return `99 % were served within ${spanText(served.p99)} of being sent and within ${spanText(all.latency.p99)} of being due: requests wait for a connection. ${rate}/s is close to the knee; try half of it, or more --connections.`
  }
  return undefined
}

function signedOut(report: LoadReport): string | undefined {
  const refused = count(report, '401')
  if (refused === 0) return undefined
  const start = `${countText(refused)} answers were 401.`
  if (report.conditions.scenario === 'app') return `${start} Is the credential still good?`
  return `${start} Sessions ended under way: by SESSION_MAX_PER_USER (fewer --users for each of --accounts), by their timeouts, or since Redis evicts keys.`
}

const EXPLAINED: ReadonlySet<string> = new Set([
  '429',
  '503',
  '401',
  'connection',
  'timeout',
  'not-sent',
])

function failing({ all }: LoadReport): string | undefined {
  const others = Object.entries(all.errors).filter(([kind]) => !EXPLAINED.has(kind))
  if (others.length === 0) return undefined
  const list = others.map(([kind, times]) => `${countText(times)} times ${kind}`).join(', ')
  return `Other errors: ${list}. The log of the one under test says why, by request.`
}

function busySender({ sender, served }: LoadReport): string | undefined {
  if (served.max === 0 || (sender.cores < 0.9 && sender.lateness < 20)) return undefined
  const said = `The sender itself used ${sender.cores.toFixed(2)} cores and its timers were up to ${spanText(sender.lateness)} late`
  return `${said}: part of these latencies is its own. Send less, or from a machine with nothing else to do.`
}

function slowSignIn({ operations, all }: LoadReport): string | undefined {
  const signIn = operations.find(({ operation }) => operation === 'sign-in')
  if (signIn === undefined || signIn.count < 10 || signIn.count === all.count) return undefined
  const { p50 } = signIn.latency
  if (p50 < 5 * all.latency.p50 || p50 < 20) return undefined
  return `A sign-in takes ${spanText(p50)} (median): that is the hash of a password, which costs a core on purpose. Its share of --mix decides how many requests a core can answer.`
}

function longTail({ all, served }: LoadReport): string | undefined {
  if (all.count < 1_000 || served.p99 < 10 * served.p50 || served.p50 === 0) return undefined
  const said = `p99 is ${(served.p99 / served.p50).toFixed(0)} times p50`
  return `${said}: look at the event loop (nodejs_eventloop_lag_p99_seconds), garbage collection, password hashing, and fork or AOF pauses of Redis.`
}

function fewSamples({ all, served }: LoadReport): string | undefined {
  if (all.count >= 10_000 || served.max === 0) return undefined
  const few = countText(Math.max(1, Math.round(all.count / 1_000)))
  return `${countText(all.count)} requests are few: p99.9 rests on ${few} of them. Run for longer before you compare.`
}

function closed({ conditions, served }: LoadReport): string | undefined {
  if (conditions.rate !== null || served.max === 0) return undefined
  return 'This was a closed loop: a slow answer delays the next request, so waiting is left out of the percentiles (coordinated omission). Take a good deal less than this rate, and measure latency with --rate.'
}

function sameMachine({ conditions, served }: LoadReport): string | undefined {
  if (served.max === 0 || !isLoopback(new URL(conditions.target))) return undefined
  return 'Sender and service shared one machine: each took CPU from the other. For capacity, send from another one.'
}

/** One line about how a run ended. */
export function verdictOf({ misses, all, budget }: LoadReport): string {
  if (misses.length > 0) return `Budget missed: ${misses.join(' ')}`
  const share = all.count === 0 ? 0 : errorsIn(all.errors) / all.count
  const p99 =
    budget.maxP99 === undefined
      ? ''
      : `, p99 ${spanText(all.latency.p99)} of ${spanText(budget.maxP99)}`
  return `Budget kept: ${shareText(share)} errors of ${shareText(budget.maxErrors)}${p99}.`
}
