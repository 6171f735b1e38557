import { GUARD_SERIES } from './catalogue/index.js'
import { declareCounter } from './declare.js'
import type { Metrics } from './metrics.js'

/** What is told of a decision; `LimitDecision` of the limiter is one. */
interface Decision {
  readonly policy: string
  readonly outcome: 'allowed' | 'refused' | 'shadowed'
  readonly isFallback: boolean
}

/**
 * Makes the `onDecision` that counts how rate limiters decide, in `sojourn_limit_decisions_total`. Policies that are not
 * named beforehand count as `other`: the label stays bounded whatever the names are made of.
 */
export function observeLimits(
  metrics: Metrics,
  policies: readonly string[],
): (decision: Decision) => void {
  const family = declareCounter(metrics, GUARD_SERIES.limited)
  const known = new Set(policies)
  const seriesOf = (policy: string, outcome: Decision['outcome'], isFallback: boolean) =>
    family.series({ policy, outcome, by: isFallback ? 'process' : 'store' })
  for (const policy of known) {
    for (const outcome of OUTCOMES) {
      for (const isFallback of [false, true]) seriesOf(policy, outcome, isFallback)
    }
  }
  return ({ policy, outcome, isFallback }) => {
    seriesOf(known.has(policy) ? policy : 'other', outcome, isFallback).add()
  }
}

const OUTCOMES: readonly Decision['outcome'][] = ['allowed', 'refused', 'shadowed']
