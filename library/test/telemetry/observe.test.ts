import { describe, expect, it } from 'vitest'
import { createEvents } from '../../src/session/events.js'
import { END_REASONS } from '../../src/store/end-reason.js'
import { GUARD_SERIES, SESSION_SERIES, STORE_SERIES } from '../../src/telemetry/catalogue/index.js'
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

/** What guards tell. */
function emitGuards(events: ReturnType<typeof createEvents>): void {
  const [id, subject, address] = ['ab.session', 'alice', ADDRESS]
  events.emit('signin.locked', { scope: 'network', subject: undefined, address, lockedFor: 900 })
  events.emit('signin.unlocked', { subject, by: 'token' })
  events.emit('signin.suspicious', { kind: 'spray', subject: undefined, address })
  events.emit('credential.changed', { subject, kind: 'password', address })
  events.emit('admin.acted', { actor: 'root', act: 'session.ended', target: id, address })
  for (const guard of ['csrf', 'csrf', 'limit', 'cross_origin'] as const) {
    events.emit('request.refused', { guard, code: 'x', address, isEnforced: guard !== 'limit' })
  }
  const signals = ['network_changed', 'agent_changed']
  const anomaly = { id, subject, signals, address }
  events.emit('anomaly.detected', { ...anomaly, answer: 'step-up', isEnforced: true })
  events.emit('anomaly.detected', { ...anomaly, answer: 'revoke', isEnforced: false })
}

const GUARDED = {
  'sojourn_sign_in_lockouts_total{scope="network"}': 1,
  'sojourn_sign_in_unlocks_total{by="token"}': 1,
  'sojourn_sign_ins_suspicious_total{kind="spray"}': 1,
  sojourn_credentials_changed_total: 1,
  sojourn_admin_acts_total: 1,
  'sojourn_requests_refused_total{guard="csrf",outcome="refused"}': 2,
  'sojourn_requests_refused_total{guard="limit",outcome="shadowed"}': 1,
  'sojourn_requests_refused_total{guard="cross_origin",outcome="refused"}': 1,
  'sojourn_anomalies_total{answer="step-up",outcome="enforced"}': 1,
  'sojourn_anomalies_total{answer="revoke",outcome="shadowed"}': 1,
  'sojourn_anomaly_signals_total{signal="network_changed"}': 2,
  'sojourn_anomaly_signals_total{signal="agent_changed"}': 2,
}

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
    const { calls, ...store } = STORE_SERIES
    const { limited, ...guards } = GUARD_SERIES
    expect([calls.when, limited.when]).not.toContain(undefined)
    const always = [SESSION_SERIES, guards, store].flatMap((part) => Object.values(part))
    expect([...names].sort()).toEqual(always.map(({ name }) => name).sort())
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
    emitGuards(events)
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
      'sojourn_store_breaker_state{shard="all"}': 2,
      'sojourn_store_breaker_changes_total{state="open"}': 1,
      sojourn_cookie_diagnostics_total: 1,
      ...GUARDED,
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

  it('tells the breakers of the nodes of a cluster apart, and no more of them than 64', async () => {
    const { events, grown, metrics } = stage()
    for (let node = 0; node < 200; node += 1) {
      events.emit('store.breaker', { state: 'half-open', shard: `10.0.0.${String(node)}:6379` })
    }
    const before = await grown()
    expect(before['sojourn_store_breaker_state{shard="10.0.0.7:6379"}']).toBe(1)
    expect(before['sojourn_store_breaker_state{shard="other"}']).toBe(1)
    const shown = [...samplesOf(metrics.text()).keys()].filter((key) => /breaker_state/.test(key))
    expect(shown).toHaveLength(64)
    events.emit('store.breaker', { state: 'closed', shard: '10.0.0.7:6379' })
    expect((await grown())['sojourn_store_breaker_open']).toBe(1)
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
