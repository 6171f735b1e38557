import { describe, expect, it } from 'vitest'
import { createEvents } from '../../src/session/events.js'
import { END_REASONS } from '../../src/store/end-reason.js'
import { createMetrics, observeSojourn, observeStoreCalls } from '../../src/telemetry/index.js'
import { hearing } from '../support/sojourn.js'
import { growth, samplesOf } from './samples.js'

function stage() {
  const events = createEvents()
  const metrics = createMetrics()
  const stop = observeSojourn(events, metrics)
  const empty = metrics.text()
  const grown = async () => {
    await hearing()
    return growth(empty, metrics.text())
  }
  return { events, metrics, stop, empty, grown }
}

const ADDRESS = '203.0.113.9'

describe('observeSojourn', () => {
  it('shows every series whose labels are known beforehand at 0', () => {
    const { empty } = stage()
    const samples = samplesOf(empty)
    expect([...samples.values()].every((value) => value === 0)).toBe(true)
    for (const reason of END_REASONS) {
      expect(samples.has(`sojourn_sessions_ended_total{reason="${reason}"}`)).toBe(true)
      expect(samples.has(`sojourn_subjects_revoked_total{reason="${reason}"}`)).toBe(true)
    }
    const names = new Set([...samples.keys()].map((key) => key.split('{')[0]))
    expect([...names].sort()).toEqual([
      'sojourn_cookie_diagnostics_total',
      'sojourn_credentials_rejected_total',
      'sojourn_data_conflicts_total',
      'sojourn_data_invalid_total',
      'sojourn_impersonations_started_total',
      'sojourn_records_corrupt_total',
      'sojourn_refresh_reuse_total',
      'sojourn_refreshes_refused_total',
      'sojourn_refreshes_total',
      'sojourn_sessions_ended_total',
      'sojourn_sessions_refused_total',
      'sojourn_sessions_renewed_total',
      'sojourn_sessions_started_total',
      'sojourn_sign_in_failures_total',
      'sojourn_store_breaker_open',
      'sojourn_store_clock_ahead_seconds',
      'sojourn_store_failures_total',
      'sojourn_store_resets_total',
      'sojourn_store_rollbacks_total',
      'sojourn_subjects_disabled_total',
      'sojourn_subjects_enabled_total',
      'sojourn_subjects_revoked_total',
      'sojourn_upkeep_failures_total',
      'sojourn_writes_refused_total',
    ])
  })

  it('counts each event of the catalogue once, in its own series', async () => {
    const { events, grown } = stage()
    const id = 'ab.session'
    const methods: string[] = []
    events.emit('session.started', { id, subject: 'alice', methods, address: ADDRESS })
    events.emit('session.started', { id, subject: undefined, methods, address: ADDRESS })
    events.emit('session.renewed', { id, subject: 'alice', isAuthentication: true })
    events.emit('session.renewed', { id, subject: undefined, isAuthentication: false })
    events.emit('session.ended', { id, subject: 'alice', reason: 'logged_out' })
    events.emit('session.refused', { subject: 'alice', reason: 'limit' })
    events.emit('refresh.rotated', { id, subject: 'alice', how: 'replayed' })
    events.emit('refresh.refused', { reason: 'client', address: ADDRESS })
    events.emit('refresh.reused', { id, subject: 'alice', address: ADDRESS })
    events.emit('impersonation.started', { id, subject: 'alice', actor: 'root', purpose: 'x' })
    events.emit('subject.revoked', { subject: 'alice', reason: 'password_changed', count: 7 })
    events.emit('subject.disabled', { subject: 'alice' })
    events.emit('subject.enabled', { subject: 'alice' })
    events.emit('signin.failed', { subject: 'alice', reason: 'wrong_password', address: ADDRESS })
    events.emit('credential.rejected', { code: 'session_unknown', address: ADDRESS })
    events.emit('write.refused', { id, reason: 'logged_out' })
    events.emit('data.conflict', { id, count: 3 })
    events.emit('data.invalid', { id, key: 'cart' })
    events.emit('store.failed', { operation: 'read', message: 'timed out' })
    events.emit('store.failed', { operation: 'upkeep', message: 'timed out' })
    events.emit('store.corrupt', { id })
    events.emit('store.rollback', { sessions: 3, subjects: 1 })
    events.emit('store.reset', { policy: 'accept' })
    events.emit('store.breaker', { state: 'open' })
    events.emit('cookie.diagnostic', { message: 'no TLS' })
    expect(await grown()).toEqual({
      'sojourn_sessions_started_total{kind="signed_in"}': 1,
      'sojourn_sessions_started_total{kind="guest"}': 1,
      'sojourn_sessions_renewed_total{kind="signed_in"}': 1,
      'sojourn_sessions_renewed_total{kind="guest"}': 1,
      'sojourn_sessions_ended_total{reason="logged_out"}': 1,
      'sojourn_sessions_refused_total{reason="limit"}': 1,
      'sojourn_subjects_revoked_total{reason="password_changed"}': 1,
      sojourn_subjects_disabled_total: 1,
      sojourn_subjects_enabled_total: 1,
      'sojourn_sign_in_failures_total{reason="wrong_password"}': 1,
      'sojourn_credentials_rejected_total{code="session_unknown"}': 1,
      'sojourn_refreshes_total{outcome="replayed"}': 1,
      'sojourn_refreshes_refused_total{reason="client"}': 1,
      sojourn_refresh_reuse_total: 1,
      sojourn_impersonations_started_total: 1,
      sojourn_writes_refused_total: 1,
      sojourn_data_conflicts_total: 3,
      sojourn_data_invalid_total: 1,
      'sojourn_store_failures_total{operation="read"}': 1,
      sojourn_upkeep_failures_total: 1,
      sojourn_records_corrupt_total: 1,
      sojourn_store_rollbacks_total: 1,
      sojourn_store_resets_total: 1,
      sojourn_store_breaker_open: 1,
      sojourn_cookie_diagnostics_total: 1,
    })
  })

  it('tells whether the breaker lets calls through', async () => {
    const { events, grown } = stage()
    const seen: unknown[] = []
    for (const state of ['open', 'half-open', 'closed'] as const) {
      events.emit('store.breaker', { state })
      seen.push((await grown())['sojourn_store_breaker_open'] ?? 0)
    }
    expect(seen).toEqual([1, 1, 0])
  })

  it('lets no foreign word into a label', async () => {
    const { events, metrics, grown } = stage()
    const words = ['alice@example.com', ADDRESS, 'ab.cdefghijklmnopqrstuvwx']
    for (const word of words) {
      events.emit('signin.failed', { subject: word, reason: word, address: word })
      events.emit('credential.rejected', { code: word, address: word })
      events.emit('session.ended', { id: word, subject: word, reason: word as never })
      events.emit('store.failed', { operation: word, message: word })
    }
    expect(await grown()).toEqual({
      'sojourn_sign_in_failures_total{reason="other"}': 3,
      'sojourn_credentials_rejected_total{code="other"}': 3,
      'sojourn_sessions_ended_total{reason="other"}': 3,
      'sojourn_store_failures_total{operation="other"}': 3,
    })
    for (const word of words) expect(metrics.text()).not.toContain(word)
  })

  it('knows the reasons of failed sign-ins that the application names', async () => {
    const events = createEvents()
    const metrics = createMetrics()
    observeSojourn(events, metrics, { signInFailureReasons: ['wrong_pin'] })
    events.emit('signin.failed', { subject: undefined, reason: 'wrong_pin', address: ADDRESS })
    await hearing()
    const lines = metrics.text().match(/^sojourn_sign_in_failures_total.*/gm)
    expect(lines).toEqual([
      'sojourn_sign_in_failures_total{reason="wrong_pin"} 1',
      'sojourn_sign_in_failures_total{reason="other"} 0',
    ])
  })

  it('stops when it is told to', async () => {
    const { events, stop, grown } = stage()
    stop()
    events.emit('session.refused', { subject: 'alice', reason: 'limit' })
    events.emit('store.breaker', { state: 'open' })
    expect(await grown()).toEqual({})
  })

  it('adds up two applications that share the metrics', async () => {
    const metrics = createMetrics()
    const both = [createEvents(), createEvents()]
    for (const events of both) observeSojourn(events, metrics)
    for (const events of both) events.emit('cookie.diagnostic', { message: 'no TLS' })
    await hearing()
    expect(samplesOf(metrics.text()).get('sojourn_cookie_diagnostics_total')).toBe(2)
  })
})

describe('observeStoreCalls', () => {
  it('shows all verbs and outcomes at 0, and times calls in seconds', () => {
    const metrics = createMetrics()
    const onCall = observeStoreCalls(metrics, 'redis')
    const empty = metrics.text()
    onCall('read', 2, 'ok')
    onCall('read', 250, 'fault')
    onCall('close', 1, 'ok')
    const counts = Object.entries(growth(empty, metrics.text())).filter(
      ([name]) => !name.includes('_bucket'),
    )
    const labels = (verb: string, outcome: string) =>
      `{store="redis",verb="${verb}",outcome="${outcome}"}`
    expect(Object.fromEntries(counts)).toEqual({
      [`sojourn_store_calls_seconds_sum${labels('read', 'ok')}`]: 0.002,
      [`sojourn_store_calls_seconds_count${labels('read', 'ok')}`]: 1,
      [`sojourn_store_calls_seconds_sum${labels('read', 'fault')}`]: 0.25,
      [`sojourn_store_calls_seconds_count${labels('read', 'fault')}`]: 1,
      [`sojourn_store_calls_seconds_sum${labels('other', 'ok')}`]: 0.001,
      [`sojourn_store_calls_seconds_count${labels('other', 'ok')}`]: 1,
    })
    expect(
      samplesOf(empty).get(`sojourn_store_calls_seconds_count${labels('endAll', 'fault')}`),
    ).toBe(0)
  })
})
