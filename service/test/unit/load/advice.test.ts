import { describe, expect, it } from 'vitest'
import { toLoadText } from '../../../src/cli/load-text.js'
import { adviseOn, verdictOf } from '../../../src/load/advice.js'
import { Recorder, type Outcome } from '../../../src/load/recorder.js'
import { toReport, type Conditions, type LoadReport } from '../../../src/load/report.js'

interface Wish {
  readonly outcomes?: readonly (readonly [operation: string, outcome: Outcome, times: number])[]
  readonly took?: number
  readonly served?: number
  readonly conditions?: Partial<Conditions>
  readonly sender?: LoadReport['sender']
}

/** A run of 20,000 good reads on another machine, in an open loop, but for what is wished. */
function run(wish: Wish = {}): LoadReport {
  const { outcomes = [], took = 2, served = took } = wish
  const recorder = new Recorder(['sign-in', 'read'])
  const bytes = { received: 100, sent: 50 }
  for (const [operation, outcome, times] of [['read', 200, 20_000] as const, ...outcomes]) {
    for (let at = 0; at < times; at += 1) recorder.add({ operation, outcome, took, served, bytes })
  }
  const conditions: Conditions = {
    target: 'https://staging.example',
    scenario: 'service',
    sender: 'node:http',
    rate: 200,
    mix: 'read=1',
    users: 50,
    accounts: 50,
    connections: 10,
    warmUp: 0,
    duration: 30_000,
    ...wish.conditions,
  }
  const sender = wish.sender ?? { cores: 0.2, lateness: 1 }
  const beside = { enrolment: {}, warmUp: {}, signOut: {} }
  const measured = { conditions, lasted: 30_000, isInterrupted: false, sender, beside }
  return toReport(measured, recorder.facts(), { maxErrors: 0.001, maxP99: undefined })
}

describe('the advice after a load test', () => {
  it('is none where there is nothing to say', () => {
    expect(adviseOn(run())).toEqual([])
  })

  it('tells for each finding where to look', () => {
    const cases: [Wish, RegExp][] = [
      [{ outcomes: [['read', 429, 5]] }, /5 answers were 429.*RATE_LIMIT=1000000/],
      [
        { outcomes: [['read', 429, 5]], conditions: { scenario: 'app' } },
        /5 answers were 429.*limits of the one under test/,
      ],
      [{ outcomes: [['read', 503, 7]] }, /7 answers were 503: the store.*nobody was signed out/],
      [{ outcomes: [['sign-in', 503, 7]] }, /503.*sojourn_password_queue_length/],
      [{ outcomes: [['read', 'timeout', 3]] }, /0 requests lost .* 3 had no answer in time/],
      [{ outcomes: [['read', 401, 2]] }, /2 answers were 401.*SESSION_MAX_PER_USER/],
      [{ outcomes: [['read', 401, 2]], conditions: { scenario: 'app' } }, /credential still good/],
      [{ outcomes: [['read', 500, 2]] }, /Other errors: 2 times 500/],
      [{ outcomes: [['none', 'not-sent', 9]] }, /9 requests were due and found no connection/],
      [{ took: 80, served: 4 }, /served within 4.0\d ms .* within 80.\d ms of being due/],
      [{ sender: { cores: 0.97, lateness: 1 } }, /The sender itself used 0.97 cores/],
      [{ sender: { cores: 0.1, lateness: 60 } }, /timers were up to 60.0 ms late/],
      [{ conditions: { rate: null } }, /closed loop.*coordinated omission/],
      [{ conditions: { target: 'http://127.0.0.1:3000' } }, /shared one machine/],
    ]
    for (const [wish, words] of cases) {
      const advice = adviseOn(run(wish))
      expect(advice, JSON.stringify(wish)).toHaveLength(1)
      expect(advice[0]).toMatch(words)
    }
  })

  it('says that a slow sign-in is the hash, and that few samples prove little', () => {
    const recorder = new Recorder(['sign-in', 'read'])
    const bytes = { received: 1, sent: 1 }
    const add = (operation: string, took: number): void =>
      recorder.add({ operation, outcome: 200, took, served: took, bytes })
    for (let at = 0; at < 2_000; at += 1) add('read', at < 1_950 ? 2 : 40)
    for (let at = 0; at < 10; at += 1) add('sign-in', 60)
    const report = { ...run(), ...recorder.facts() }
    expect(adviseOn(report)).toEqual([
      expect.stringMatching(/A sign-in takes 60.* hash of a password/),
      expect.stringMatching(/p99 is 20 times p50.*event loop/),
      expect.stringMatching(/2,010 requests are few: p99.9 rests on 2 of them/),
    ])
  })

  it('says what became of the budget', () => {
    expect(verdictOf(run())).toBe('Budget kept: 0% errors of 0.1%.')
    expect(verdictOf(run({ outcomes: [['read', 503, 100]] }))).toContain(
      'Budget missed: 100 of 20,100 requests failed (0.5%)',
    )
  })
})

describe('the report of a load test', () => {
  it('shows each operation that was done, all of them, and errors by kind', () => {
    const text = toLoadText(
      run({
        outcomes: [
          ['read', 503, 5],
          ['read', 429, 1],
        ],
      }),
      false,
    )
    expect(text).toMatch(/^read +20,006 +667\/s +6 \(0.03%\) +2.00 ms .* 2.00 MB$/m)
    expect(text).toMatch(/^all +20,006 /m)
    expect(text).not.toMatch(/^sign-in /m)
    expect(text).toContain('errors: 5 × 503, 1 × 429\nread: 5 × 503, 1 × 429\n')
    expect(toLoadText(run({ outcomes: [['none', 'not-sent', 10_000]] }), false)).toMatch(
      /^all +30,000 +667\/s +10,000 \(33.33%\)/m,
    )
    expect(text).toContain('open loop, 200/s (latency counts from the instant a request was due)')
  })

  it('says whether the loop was closed, and whether somebody stopped it', () => {
    const report = run({ conditions: { rate: null } })
    expect(toLoadText(report, false)).toContain('closed loop (latency counts from sending)')
    expect(toLoadText({ ...report, isInterrupted: true }, true)).toContain('Interrupted')
    expect(toLoadText({ ...report, lasted: 500 }, true)).toContain('Given up early')
  })
})
