import { describe, expect, it } from 'vitest'
import { SojournError, StoreUnavailable } from '../../src/errors.js'
import { createMemoryStore } from '../../src/store/memory.js'
import {
  createMetrics,
  observeSojourn,
  observeStoreCalls,
  type Metrics,
} from '../../src/telemetry/index.js'
import { createManualClock } from '../../src/testing/manual-clock.js'
import { Browser } from '../support/browser.js'
import { hindered } from '../support/slow-store.js'
import { hearing, scene, type Scene } from '../support/sojourn.js'
import { growth, samplesOf } from './samples.js'

interface Data {
  age: number
  note: string
}

const AGE = {
  '~standard': {
    validate: (value: unknown) =>
      typeof value === 'number' && value < 150 ? { value } : { issues: ['too old'] },
  },
}

function watched(): Scene<Data> & { metrics: Metrics } {
  const metrics = createMetrics()
  const stage = scene<Data>({
    limit: { max: 2, whenFull: 'refuse' },
    schema: { age: AGE },
    resilience: { onCall: observeStoreCalls(metrics, 'memory') },
  })
  observeSojourn(stage.sojourn, metrics)
  return { ...stage, metrics }
}

/** Everything that can happen, a known number of times. Answers the cookies that were in use. */
async function script({ sojourn, clock }: Scene<Data>, suffix = ''): Promise<string[]> {
  const cookies: string[] = []
  const arrive = async (subject?: string): Promise<Browser<Data>> => {
    const browser = new Browser(sojourn)
    if (subject === undefined) {
      await browser.visit((session) => {
        session.set('note', 'hello')
      })
    } else await browser.visit((session) => session.signIn(`${subject}${suffix}`))
    cookies.push(...browser.jar.values())
    return browser
  }
  const fails = async (code: string, work: Promise<unknown>): Promise<void> => {
    const error: unknown = await work.then(
      () => undefined,
      (reason: unknown) => reason,
    )
    expect(error).toBeInstanceOf(SojournError)
    expect((error as SojournError).code).toBe(code)
  }
  const alice = `alice${suffix}`

  // Three guests; two of them sign in as one person, who may not have a third session.
  const [first, second, third] = [await arrive(), await arrive(), await arrive()]
  await first.visit((session) => session.signIn(alice))
  await second.visit((session) => session.signIn(alice))
  await fails(
    'session_limit',
    third.visit((session) => session.signIn(alice)),
  )
  await first.visit((session) => session.elevate())

  // Two requests write one key at once; then a value that does not fit; then a write after the end.
  await first.visit(async (session) => {
    await session.load()
    await first.request((other) => {
      other.set('note', 'theirs')
    })
    session.set('note', 'mine')
  })
  await first.visit((session) => {
    session.set('age', 900)
  })
  expect(await first.visit((session) => session.get('age'))).toBeUndefined()
  await second.visit(async (session) => {
    const { id } = await session.load()
    expect(await sojourn.revoke(id ?? '')).toBe(true)
    expect(await sojourn.revoke(id ?? '')).toBe(false)
    session.set('note', 'too late')
  })
  await first.visit((session) => session.signOut())

  // A change of password ends two sessions, and disabling a person ends one.
  await arrive('bob')
  await arrive('bob')
  await sojourn.revokeAll(`bob${suffix}`, { reason: 'password_changed' })
  const carol = await arrive('carol')
  await sojourn.disable(`carol${suffix}`)
  await fails(
    'subject_disabled',
    carol.visit((session) => session.signIn(`carol${suffix}`)),
  )
  await sojourn.enable(`carol${suffix}`)
  await sojourn.settled()

  // Somebody stays away for too long, and comes twice.
  const dave = await arrive('dave')
  const name = [...dave.jar.keys()].join()
  clock.advance('90m')
  for (const _ of [1, 2]) await dave.visit((session) => session.load())
  await sojourn.settled()

  // Cookies that are wrong, each in its own way.
  const stranger = new Browser(scene().sojourn)
  await stranger.visit((session) => session.signIn('erin'))
  for (const cookie of [stranger.cookie ?? '', `${name}=forged`, `${name}=a; ${name}=b`]) {
    await dave.visit((session) => session.load(), { cookie })
  }
  await fails(
    'tls_required',
    new Browser(sojourn).visit((session) => session.signIn(alice), { isSecure: false }),
  )
  sojourn.reportSignInFailure({ reason: 'wrong_password', address: '203.0.113.7', subject: alice })
  sojourn.reportSignInFailure({ reason: `no ${alice}`, address: '203.0.113.7' })
  await hearing()
  return cookies
}

const ONCE = {
  'sojourn_sessions_started_total{kind="guest"}': 3,
  'sojourn_sessions_started_total{kind="signed_in"}': 6,
  'sojourn_sessions_renewed_total{kind="signed_in"}': 1,
  'sojourn_sessions_ended_total{reason="signed_in"}': 2,
  'sojourn_sessions_ended_total{reason="revoked_admin"}': 1,
  'sojourn_sessions_ended_total{reason="logged_out"}': 1,
  'sojourn_sessions_ended_total{reason="password_changed"}': 2,
  'sojourn_sessions_ended_total{reason="subject_disabled"}': 1,
  'sojourn_sessions_ended_total{reason="expired_idle"}': 1,
  'sojourn_sessions_refused_total{reason="limit"}': 1,
  'sojourn_sessions_refused_total{reason="disabled"}': 1,
  'sojourn_subjects_revoked_total{reason="password_changed"}': 1,
  'sojourn_subjects_revoked_total{reason="subject_disabled"}': 1,
  sojourn_subjects_disabled_total: 1,
  sojourn_subjects_enabled_total: 1,
  'sojourn_sign_in_failures_total{reason="wrong_password"}': 1,
  'sojourn_sign_in_failures_total{reason="other"}': 1,
  'sojourn_credentials_rejected_total{code="session_unknown"}': 1,
  'sojourn_credentials_rejected_total{code="session_invalid"}': 1,
  'sojourn_credentials_rejected_total{code="cookie_duplicate"}': 1,
  sojourn_writes_refused_total: 1,
  sojourn_data_conflicts_total: 1,
  sojourn_data_invalid_total: 1,
  sojourn_cookie_diagnostics_total: 1,
}

describe('metrics of a scripted run', () => {
  it('behaviour 30a: counters reconcile exactly, labels hold no ids or tokens, cardinality is bounded', async () => {
    const stage = watched()
    const empty = stage.metrics.text()
    const cookies = await script(stage)
    const once = stage.metrics.text()
    expect(withoutCalls(growth(empty, once))).toEqual(ONCE)

    for (let run = 1; run <= 20; run += 1) cookies.push(...(await script(stage, String(run))))
    const often = stage.metrics.text()
    const expected = Object.entries(ONCE).map(([name, count]) => [name, count * 20])
    expect(withoutCalls(growth(once, often))).toEqual(Object.fromEntries(expected))
    expect([...samplesOf(often).keys()]).toEqual([...samplesOf(empty).keys()])

    const ids = stage.told.map(({ event }) => (event as { id?: string }).id ?? '')
    const secret = [...cookies, ...cookies.map((cookie) => cookie.slice(26)), ...ids]
    expect(new Set(secret).size).toBeGreaterThan(400)
    for (const text of [...secret, 'alice', 'bob', 'carol', 'dave', '203.0.113', 'Mozilla']) {
      if (text !== '') expect(often).not.toContain(text)
    }
  })

  it('times each call to the store once', async () => {
    const stage = watched()
    await script(stage)
    const counts = new Map<string, number>()
    for (const verb of stage.calls) counts.set(verb, (counts.get(verb) ?? 0) + 1)
    const samples = samplesOf(stage.metrics.text())
    expect(counts.size).toBeGreaterThan(5)
    for (const [verb, count] of counts) {
      const labels = `{store="memory",verb="${verb}",outcome="ok"}`
      expect([verb, samples.get(`sojourn_store_calls_seconds_count${labels}`)]).toEqual([
        verb,
        count,
      ])
    }
  })

  it('counts each failure of the store once, and shows the breaker open and closed again', async () => {
    const metrics = createMetrics()
    const clock = createManualClock()
    const weak = hindered(createMemoryStore({ clock }))
    const onCall = observeStoreCalls(metrics, 'memory')
    const stage = scene({ store: weak.store, clock, resilience: { onCall } })
    observeSojourn(stage.sojourn, metrics)
    const browser = new Browser(stage.sojourn)
    await browser.visit((session) => session.signIn('alice'))
    await hearing()
    const calm = metrics.text()

    weak.failing.add('read')
    for (let visit = 1; visit <= 7; visit += 1) {
      await expect(browser.visit((session) => session.load())).rejects.toThrow(StoreUnavailable)
    }
    await hearing()
    const fault = '{store="memory",verb="read",outcome="fault"}'
    expect(growth(calm, metrics.text())).toMatchObject({
      'sojourn_store_failures_total{operation="read"}': 7,
      [`sojourn_store_calls_seconds_count${fault}`]: 7,
      sojourn_store_breaker_open: 1,
    })

    // A touch is due: it fails beside an answer that is given all the same.
    weak.failing.clear()
    weak.failing.add('change')
    clock.advance('10m')
    await browser.visit((session) => session.load())
    await stage.sojourn.settled()
    await hearing()
    const grown = growth(calm, metrics.text())
    expect(grown['sojourn_store_breaker_open']).toBeUndefined()
    expect(grown['sojourn_store_failures_total{operation="change"}']).toBe(1)
    expect(grown['sojourn_upkeep_failures_total']).toBe(1)
    expect(grown).not.toHaveProperty('sojourn_credentials_rejected_total{code="session_unknown"}')
  })
})

function withoutCalls(grown: Record<string, number>): Record<string, number> {
  const entries = Object.entries(grown)
  return Object.fromEntries(entries.filter(([name]) => !name.startsWith('sojourn_store_calls')))
}
