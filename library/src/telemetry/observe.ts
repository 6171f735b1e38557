import type { EventName, Listener } from '../session/events.js'
import { PLAIN_COUNTERS, WORD_COUNTERS } from './catalogue.js'
import { declareCount, declareWordCount } from './counting.js'
import type { Metrics } from './metrics.js'
import { SIGN_IN_FAILURE_REASONS, type SessionKind } from './vocabulary.js'

/** The part of a `Sojourn` that is observed. */
export interface Observable {
  on<Name extends EventName>(name: Name, listener: Listener<Name>): () => void
}

/** How a `Sojourn` is observed. */
export interface ObserveOptions {
  /**
   * The reasons that the application gives to `reportSignInFailure`. Others are counted as `other`: a
   * label must not become a place where names of people end up. Default `wrong_password`,
   * `unknown_account`, `disabled` and `limited`.
   */
  readonly signInFailureReasons?: readonly string[]
}

/**
 * Counts the events of `sojourn` in `metrics`. Every series whose labels are known beforehand shows at once,
 * at 0; no id, subject, address or message is ever in a label. The answer stops the counting.
 */
export function observeSojourn(
  sojourn: Observable,
  metrics: Metrics,
  options: ObserveOptions = {},
): () => void {
  const stops = [
    ...observeSessions(sojourn, metrics),
    ...observeSubjects(sojourn, metrics),
    ...observeRefusals(sojourn, metrics, options),
    ...observeTokens(sojourn, metrics),
    ...observeData(sojourn, metrics),
    ...observeStore(sojourn, metrics),
  ]
  return () => {
    for (const stop of stops) stop()
  }
}

type Stops = (() => void)[]

function observeSessions(sojourn: Observable, metrics: Metrics): Stops {
  const started = declareWordCount(metrics, WORD_COUNTERS.started)
  const renewed = declareWordCount(metrics, WORD_COUNTERS.renewed)
  const ended = declareWordCount(metrics, WORD_COUNTERS.ended)
  const refused = declareWordCount(metrics, WORD_COUNTERS.refused)
  return [
    sojourn.on('session.started', ({ subject }) => {
      started(kindOf(subject))
    }),
    sojourn.on('session.renewed', ({ subject }) => {
      renewed(kindOf(subject))
    }),
    sojourn.on('session.ended', ({ reason }) => {
      ended(reason)
    }),
    sojourn.on('session.refused', ({ reason }) => {
      refused(reason)
    }),
  ]
}

function kindOf(subject: string | undefined): SessionKind {
  return subject === undefined ? 'guest' : 'signed_in'
}

function observeSubjects(sojourn: Observable, metrics: Metrics): Stops {
  const revoked = declareWordCount(metrics, WORD_COUNTERS.revoked)
  const disabled = declareCount(metrics, PLAIN_COUNTERS.subjectsDisabled)
  const enabled = declareCount(metrics, PLAIN_COUNTERS.subjectsEnabled)
  return [
    sojourn.on('subject.revoked', ({ reason }) => {
      revoked(reason)
    }),
    sojourn.on('subject.disabled', () => {
      disabled()
    }),
    sojourn.on('subject.enabled', () => {
      enabled()
    }),
  ]
}

function observeRefusals(
  sojourn: Observable,
  metrics: Metrics,
  { signInFailureReasons = SIGN_IN_FAILURE_REASONS }: ObserveOptions,
): Stops {
  const failed = declareWordCount(metrics, {
    name: 'sojourn_sign_in_failures_total',
    help: 'Failed sign-ins that the application reported, by reason.',
    label: 'reason',
    words: [...signInFailureReasons, 'other'],
  })
  const rejected = declareWordCount(metrics, WORD_COUNTERS.rejected)
  const diagnosed = declareCount(metrics, PLAIN_COUNTERS.cookieDiagnostics)
  return [
    sojourn.on('signin.failed', ({ reason }) => {
      failed(reason)
    }),
    sojourn.on('credential.rejected', ({ code }) => {
      rejected(code)
    }),
    sojourn.on('cookie.diagnostic', () => {
      diagnosed()
    }),
  ]
}

function observeTokens(sojourn: Observable, metrics: Metrics): Stops {
  const refreshed = declareWordCount(metrics, WORD_COUNTERS.refreshed)
  const refused = declareWordCount(metrics, WORD_COUNTERS.refreshRefused)
  const reused = declareCount(metrics, PLAIN_COUNTERS.refreshReused)
  const impersonated = declareCount(metrics, PLAIN_COUNTERS.impersonated)
  return [
    sojourn.on('refresh.rotated', ({ how }) => {
      refreshed(how)
    }),
    sojourn.on('refresh.refused', ({ reason }) => {
      refused(reason)
    }),
    sojourn.on('refresh.reused', () => {
      reused()
    }),
    sojourn.on('impersonation.started', () => {
      impersonated()
    }),
  ]
}

function observeData(sojourn: Observable, metrics: Metrics): Stops {
  const writeRefused = declareCount(metrics, PLAIN_COUNTERS.writesRefused)
  const conflicts = declareCount(metrics, PLAIN_COUNTERS.dataConflicts)
  const invalid = declareCount(metrics, PLAIN_COUNTERS.dataInvalid)
  return [
    sojourn.on('write.refused', () => {
      writeRefused()
    }),
    sojourn.on('data.conflict', ({ count }) => {
      conflicts(count)
    }),
    sojourn.on('data.invalid', () => {
      invalid()
    }),
  ]
}

function observeStore(sojourn: Observable, metrics: Metrics): Stops {
  const failed = declareWordCount(metrics, WORD_COUNTERS.storeFailed)
  const upkeepFailed = declareCount(metrics, PLAIN_COUNTERS.upkeepFailed)
  const corrupt = declareCount(metrics, PLAIN_COUNTERS.recordsCorrupt)
  const rollback = declareCount(metrics, PLAIN_COUNTERS.storeRollbacks)
  const reset = declareCount(metrics, PLAIN_COUNTERS.storeResets)
  const breaker = metrics
    .gauge(
      'sojourn_store_breaker_open',
      'Whether calls to the store, or to a part of it, are refused at once: 1, else 0.',
    )
    .series({})
  const skew = metrics
    .gauge(
      'sojourn_store_clock_ahead_seconds',
      'By how much the clock of the store is ahead of that of the host, where that is over a minute; else 0.',
    )
    .series({})
  /** Parts of the store that are not asked; `undefined` is all of it. */
  const open = new Set<string | undefined>()
  return [
    sojourn.on('store.failed', ({ operation }) => {
      // Upkeep tells why it stopped; the call that failed was told before, and counts once.
      if (operation === 'upkeep') upkeepFailed()
      else failed(operation)
    }),
    sojourn.on('store.corrupt', () => {
      corrupt()
    }),
    sojourn.on('store.rollback', () => {
      rollback()
    }),
    sojourn.on('store.reset', () => {
      reset()
    }),
    sojourn.on('store.clock_skew', ({ isApart, ahead }) => {
      skew.set(isApart ? ahead / 1_000 : 0)
    }),
    sojourn.on('store.breaker', ({ state, shard }) => {
      if (state === 'closed') open.delete(shard)
      else open.add(shard)
      breaker.set(open.size > 0 ? 1 : 0)
    }),
  ]
}
