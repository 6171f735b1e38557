import { expect, it } from 'vitest'
import { createMetrics, observeLimits } from '../../src/telemetry/index.js'

it('counts how limits decide, and shows each known policy at 0', () => {
  const metrics = createMetrics()
  const onDecision = observeLimits(metrics, ['login'])
  const shown = (): string[] =>
    metrics
      .text()
      .split('\n')
      .filter((line) => line.startsWith('sojourn_limit'))
  expect(shown()).toHaveLength(6)
  expect(shown().every((line) => line.endsWith(' 0'))).toBe(true)
  onDecision({ policy: 'login', outcome: 'allowed', isFallback: false })
  onDecision({ policy: 'login', outcome: 'refused', isFallback: true })
  // Names that nobody foresaw do not become labels.
  for (let at = 0; at < 100; at += 1)
    onDecision({ policy: `user-${String(at)}`, outcome: 'allowed', isFallback: false })
  expect(shown().filter((line) => !line.endsWith(' 0'))).toEqual([
    'sojourn_limit_decisions_total{policy="login",outcome="allowed",by="store"} 1',
    'sojourn_limit_decisions_total{policy="login",outcome="refused",by="process"} 1',
    'sojourn_limit_decisions_total{policy="other",outcome="allowed",by="store"} 100',
  ])
})
