import { StoreUnavailable } from '../../errors.js'
import { pathOf, type Incoming } from '../../request/incoming.js'
import type { SessionFacts } from '../../session/facts.js'
import type { Session } from '../../session/session.js'
import { refuseUnlessSignedIn, type Refusal } from '../session-guard.js'
import { isBound, mismatchCode } from './binding.js'
import { createHistory } from './history.js'
import { judgeDoubt, type Doubt } from './judge.js'
import { createEye, type Client } from './look.js'
import { BoundedMap, Ways } from './memory.js'
import { isSameKind } from './network.js'
import { watchSignIns } from './new-sign-in.js'
import {
  toAnomalySettings,
  type AnomalyContext,
  type AnomalyOptions,
  type AnomalySettings,
  type Answer,
} from './options.js'
import { watchReplays } from './replay.js'
import { Tally, type AnomalyReport } from './report.js'
import { createTeller, type Teller } from './tell.js'

/** What the guard looks at of a session. */
export type WatchedSession = Pick<
  Session,
  | 'isSignedIn'
  | 'endReason'
  | 'resolution'
  | 'isRecent'
  | 'schemes'
  | 'facts'
  | 'claims'
  | 'reject'
  | 'signOut'
  | 'demandProof'
>

/** Watches over sessions. */
export interface AnomalyGuard {
  /**
   * Compares a request with its loaded session. What is as the session has it costs no store call and no promise. Otherwise
   * the session is made what it is to be from here on, and every guard behind refuses it: rejected where it is tied to another
   * client (`binding_mismatch`, `agent_mismatch`), ended as `anomaly`, or waiting for `session.elevate()` after `step-up`.
   * Answers what they will say; whoever needs nobody to be signed in may go on.
   *
   * Throws `StoreUnavailable` where an answer that protects (`step-up`, `revoke`) cannot be given; with lesser ones a store
   * that is away only means that nothing is noticed.
   */
  check(
    incoming: Incoming,
    session: WatchedSession,
  ): Refusal | undefined | Promise<Refusal | undefined>
  /** Some answer or binding refuses requests: without it nobody may get through. */
  readonly isEnforcing: boolean
  /** What this process has seen so far. */
  report(): AnomalyReport
  /** Stops listening to events. */
  close(): void
}

/**
 * Makes a guard. Throws `InvalidOption` for options that are wrong, or that want more of clients than the privacy options
 * let be kept.
 */
export function createAnomalyGuard(
  context: AnomalyContext,
  options: AnomalyOptions = {},
): AnomalyGuard {
  const settings = toAnomalySettings(options, context.privacy)
  const eye = createEye(context.privacy, settings)
  const history = createHistory(context)
  const tally = new Tally()
  const teller = createTeller(context, settings, history, tally)
  const parts = { context, settings, eye, history, teller }
  const stops = [watchSignIns(parts), watchReplays(parts), watchFailures(parts)]
  const watch = new Watch({ ...parts, tally })
  return {
    check: (incoming, session) => watch.check(incoming, session),
    isEnforcing: isEnforcing(settings),
    report: () => tally.report(settings.isShadow, blindTo(context, settings)),
    close() {
      for (const stop of stops) stop()
    },
  }
}

/** What the parts of this guard share. */
export interface AnomalyParts {
  readonly context: AnomalyContext
  readonly settings: AnomalySettings
  readonly eye: ReturnType<typeof createEye>
  readonly history: ReturnType<typeof createHistory>
  readonly teller: Teller
}

function isEnforcing({ isShadow, binding, answers }: AnomalySettings): boolean {
  return !isShadow && (binding !== 'none' || Object.values(answers).some(isProtecting))
}

function isProtecting(answer: Answer | undefined): boolean {
  return answer === 'step-up' || answer === 'revoke'
}

function blindTo(
  { privacy }: AnomalyContext,
  { locate }: AnomalySettings,
): AnomalyReport['blindTo'] {
  const isAddressKept = privacy.address !== 'none'
  const isPlaceKept = isAddressKept && privacy.address !== 'keyed-hash'
  return [
    ...(isAddressKept ? [] : (['network_changed', 'alternating_networks'] as const)),
    ...(privacy.agent === 'none' ? (['agent_changed'] as const) : []),
    ...(isPlaceKept && locate !== undefined ? [] : (['impossible_travel'] as const)),
    ...(isAddressKept ? [] : (['refresh_replay'] as const)),
  ]
}

/** Failed sign-ins are told by the process that saw them: each is counted once. */
function watchFailures({ context, settings, history }: AnomalyParts): () => void {
  return context.on('signin.failed', ({ address }) =>
    address === '' ? undefined : history.noteFailure(address, settings.failuresToDoubt),
  )
}

class Watch {
  readonly #parts: AnomalyParts & { readonly tally: Tally }
  readonly #ways: Ways
  /** Differences that were judged; the record follows its client only once a minute. */
  readonly #judged: BoundedMap<true>
  /** Differences whose judgement failed: counters may have seen them as new already, so next time all of them count as new. */
  readonly #failed: BoundedMap<true>
  /** Several requests of a page come at once: all of them wait for one judgement. */
  readonly #underWay = new Map<string, Promise<Answer | undefined>>()

  constructor(parts: AnomalyParts & { readonly tally: Tally }) {
    this.#parts = parts
    const { maxRemembered, alternatingWithin } = parts.settings
    this.#ways = new Ways(maxRemembered, alternatingWithin)
    this.#judged = new BoundedMap(maxRemembered)
    this.#failed = new BoundedMap(maxRemembered)
  }

  check(
    incoming: Incoming,
    session: WatchedSession,
  ): Refusal | undefined | Promise<Refusal | undefined> {
    const facts = session.isSignedIn ? session.facts : undefined
    if (facts === undefined) return undefined
    const { eye } = this.#parts
    const client = eye.look(incoming)
    const mismatch = this.#refuseUnbound(incoming, session, client, facts)
    if (mismatch !== undefined) return mismatch
    const differences = eye.compare(incoming, client, facts)
    const isAlternating = this.#follow(client, facts, differences.length > 0)
    if (differences.length === 0 && !isAlternating) return undefined
    const key = [facts.id, ...differences.map(({ mark }) => mark), isAlternating].join('\n')
    if (this.#judged.has(key)) return undefined
    return this.#answer(session, key, { incoming, facts, differences, isAlternating })
  }

  #refuseUnbound(
    incoming: Incoming,
    session: WatchedSession,
    client: Client,
    facts: SessionFacts,
  ): Refusal | undefined {
    const { context, settings, eye, tally } = this.#parts
    const { binding, isShadow } = settings
    if (isBound(binding, eye, client, facts)) return undefined
    tally.countMismatch()
    const { id, subject } = facts
    context.report('request.refused', {
      guard: 'binding',
      code: mismatchCode(binding),
      check: binding,
      method: incoming.method,
      path: pathOf(incoming),
      address: incoming.address,
      id,
      ...(subject === undefined ? {} : { subject }),
      isEnforced: !isShadow,
    })
    if (isShadow) return undefined
    session.reject(mismatchCode(binding))
    return refuseUnlessSignedIn(session)
  }

  /** `true`: it was elsewhere a moment ago, and here before that. Sessions that stay where they are cost nothing. */
  #follow(client: Client, facts: SessionFacts, isDifferent: boolean): boolean {
    const { id, serverTime, lastSeenAt } = facts
    if (!isDifferent && !this.#ways.knows(id)) return false
    const { eye } = this.#parts
    const [here, there] = [eye.networkOf(client.address), eye.networkOf(facts.address)]
    // A device with IPv4 and IPv6 uses both in turn.
    if (here === undefined || there === undefined || !isSameKind(here, there)) return false
    return this.#ways.note(id, here, serverTime, { network: there, at: lastSeenAt })
  }

  async #answer(session: WatchedSession, key: string, doubt: Doubt): Promise<Refusal | undefined> {
    const answer = await (this.#underWay.get(key) ?? this.#judge(key, doubt))
    if (this.#parts.settings.isShadow) return undefined
    if (answer === 'revoke') {
      await session.signOut('anomaly')
      return refuseUnlessSignedIn(session)
    }
    // Each request marks its own handle on the session: the guards behind this one look at that.
    if (answer !== 'step-up') return undefined
    await session.demandProof('anomaly')
    return refuseUnlessSignedIn(session)
  }

  async #judge(key: string, doubt: Doubt): Promise<Answer | undefined> {
    const judging = this.#decide(key, doubt)
    this.#underWay.set(key, judging)
    try {
      return await judging
    } finally {
      this.#underWay.delete(key)
    }
  }

  async #decide(key: string, doubt: Doubt): Promise<Answer | undefined> {
    const { settings, history, teller } = this.#parts
    try {
      const verdict = await judgeDoubt(settings, history, doubt, this.#failed.has(key))
      this.#judged.set(key, true)
      this.#failed.delete(key)
      if (verdict.grade === 'none') return undefined
      const { id, subject } = doubt.facts
      const { address } = doubt.incoming
      return teller.tell({ id, subject, address, signals: verdict.signals, grade: verdict.grade })
    } catch (error) {
      if (!(error instanceof StoreUnavailable)) throw error
      this.#failed.set(key, true)
      // Nothing would have been refused: a store that is away must not turn watching into refusing.
      if (isEnforcing(settings)) throw error
      return undefined
    }
  }
}
