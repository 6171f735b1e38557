import type { EventName, Listener } from '../session/events.js'
import { GUARD_SERIES, SESSION_SERIES } from './catalogue/index.js'
import { declareCount } from './declare.js'
import type { Metrics } from './metrics.js'
import { observeStore } from './observe-store.js'
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
    ...observeSignIns(sojourn, metrics, options),
    ...observeGuards(sojourn, metrics),
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
  const started = declareCount(metrics, SESSION_SERIES.started)
  const renewed = declareCount(metrics, SESSION_SERIES.renewed)
  const ended = declareCount(metrics, SESSION_SERIES.ended)
  const refused = declareCount(metrics, SESSION_SERIES.refused)
  return [
    sojourn.on('session.started', ({ subject }) => {
      started([kindOf(subject)])
    }),
    sojourn.on('session.renewed', ({ subject }) => {
      renewed([kindOf(subject)])
    }),
    sojourn.on('session.ended', ({ reason }) => {
      ended([reason])
    }),
    sojourn.on('session.refused', ({ reason }) => {
      refused([reason])
    }),
  ]
}

function kindOf(subject: string | undefined): SessionKind {
  return subject === undefined ? 'guest' : 'signed_in'
}

function observeSubjects(sojourn: Observable, metrics: Metrics): Stops {
  const revoked = declareCount(metrics, SESSION_SERIES.revoked)
  const disabled = declareCount(metrics, SESSION_SERIES.disabled)
  const enabled = declareCount(metrics, SESSION_SERIES.enabled)
  const acted = declareCount(metrics, GUARD_SERIES.adminActed)
  return [
    sojourn.on('subject.revoked', ({ reason }) => {
      revoked([reason])
    }),
    sojourn.on('subject.disabled', () => {
      disabled([])
    }),
    sojourn.on('subject.enabled', () => {
      enabled([])
    }),
    sojourn.on('admin.acted', () => {
      acted([])
    }),
  ]
}

function observeSignIns(
  sojourn: Observable,
  metrics: Metrics,
  { signInFailureReasons = SIGN_IN_FAILURE_REASONS }: ObserveOptions,
): Stops {
  const reasons = { reason: [...signInFailureReasons, 'other'] }
  const failed = declareCount(metrics, { ...GUARD_SERIES.signInFailed, labels: reasons })
  const locked = declareCount(metrics, GUARD_SERIES.lockedOut)
  const unlocked = declareCount(metrics, GUARD_SERIES.unlocked)
  const suspicious = declareCount(metrics, GUARD_SERIES.suspicious)
  const changed = declareCount(metrics, GUARD_SERIES.credentialChanged)
  return [
    sojourn.on('signin.failed', ({ reason }) => {
      failed([reason])
    }),
    sojourn.on('signin.locked', ({ scope }) => {
      locked([scope])
    }),
    sojourn.on('signin.unlocked', ({ by }) => {
      unlocked([by])
    }),
    sojourn.on('signin.suspicious', ({ kind }) => {
      suspicious([kind])
    }),
    sojourn.on('credential.changed', () => {
      changed([])
    }),
  ]
}

function observeGuards(sojourn: Observable, metrics: Metrics): Stops {
  const refused = declareCount(metrics, GUARD_SERIES.refused)
  const anomalies = declareCount(metrics, GUARD_SERIES.anomalies)
  const signalled = declareCount(metrics, GUARD_SERIES.signals)
  const rejected = declareCount(metrics, SESSION_SERIES.rejected)
  const diagnosed = declareCount(metrics, SESSION_SERIES.cookieDiagnostics)
  return [
    sojourn.on('request.refused', ({ guard, isEnforced }) => {
      refused([guard, isEnforced ? 'refused' : 'shadowed'])
    }),
    sojourn.on('anomaly.detected', ({ answer, isEnforced, signals }) => {
      anomalies([answer, isEnforced ? 'enforced' : 'shadowed'])
      for (const signal of signals) signalled([signal])
    }),
    sojourn.on('credential.rejected', ({ code }) => {
      rejected([code])
    }),
    sojourn.on('cookie.diagnostic', () => {
      diagnosed([])
    }),
  ]
}

function observeTokens(sojourn: Observable, metrics: Metrics): Stops {
  const refreshed = declareCount(metrics, SESSION_SERIES.refreshed)
  const refused = declareCount(metrics, SESSION_SERIES.refreshRefused)
  const reused = declareCount(metrics, SESSION_SERIES.refreshReused)
  const impersonated = declareCount(metrics, SESSION_SERIES.impersonated)
  return [
    sojourn.on('refresh.rotated', ({ how }) => {
      refreshed([how])
    }),
    sojourn.on('refresh.refused', ({ reason }) => {
      refused([reason])
    }),
    sojourn.on('refresh.reused', () => {
      reused([])
    }),
    sojourn.on('impersonation.started', () => {
      impersonated([])
    }),
  ]
}

function observeData(sojourn: Observable, metrics: Metrics): Stops {
  const writeRefused = declareCount(metrics, SESSION_SERIES.writesRefused)
  const conflicts = declareCount(metrics, SESSION_SERIES.dataConflicts)
  const invalid = declareCount(metrics, SESSION_SERIES.dataInvalid)
  return [
    sojourn.on('write.refused', () => {
      writeRefused([])
    }),
    sojourn.on('data.conflict', ({ count }) => {
      conflicts([], count)
    }),
    sojourn.on('data.invalid', () => {
      invalid([])
    }),
  ]
}
