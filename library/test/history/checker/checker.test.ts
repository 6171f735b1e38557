/** Every rule, with histories made up by hand: some that can be explained, and some that cannot. */
import { describe, expect, it } from 'vitest'
import { fromText, toText } from '../history.js'
import { check } from './check.js'
import type { Rule } from './evidence.js'
import {
  history,
  increment,
  elsewhere,
  list,
  read,
  refresh,
  refused,
  remove,
  revokeAll,
  set,
  SIGN_IN,
  signOut,
  type ByHand,
} from './hand.js'

type Case = readonly [what: string, ...history: Parameters<typeof history>]

const LIVE = { live: [{ id: 's', subject: 'ada' }], indexed: [{ id: 's', subject: 'ada' }] }
const NONE = { live: [], indexed: [] }
const CACHED = false

function rulesOf([, ...parts]: Case): Rule[] {
  return [...new Set(check(history(...parts)).map(({ rule }) => rule))]
}

function good(...cases: readonly Case[]): void {
  for (const one of cases) {
    it(`can explain: ${one[0]}`, () => {
      expect(rulesOf(one)).toEqual([])
    })
  }
}

function bad(rule: Rule, ...cases: readonly Case[]): void {
  for (const one of cases) {
    it(`calls ${rule}: ${one[0]}`, () => {
      expect(rulesOf(one)).toEqual([rule])
    })
  }
}

describe('a session that is over', () => {
  good(
    ['it is read until it ends', [SIGN_IN, read(20, 30), signOut(40, 50), refused(60, 70)]],
    [
      'a read that was sent before the end was acknowledged',
      [SIGN_IN, signOut(20, 60), read(59, 90)],
    ],
    ['a read from memory within the bound', [SIGN_IN, signOut(20, 50), read(549, 560, {}, CACHED)]],
    [
      'a write by who still believes it, within the bound',
      [SIGN_IN, signOut(20, 50), set(540, 560, 'a')],
    ],
    [
      'the end was not acknowledged, and never came',
      [SIGN_IN, signOut(20, 50, 'unknown'), read(5_000, 5_010)],
    ],
    [
      'the end was not acknowledged, and came',
      [SIGN_IN, signOut(20, 50, 'unknown'), refused(900, 910)],
      NONE,
    ],
    [
      'a process that could not end it holds it back, and others know nothing of that',
      [SIGN_IN, signOut(20, 50, 'unknown'), refused(60, 70), elsewhere(read(600, 610))],
      LIVE,
    ],
    ['revoke-all spares one', [SIGN_IN, revokeAll(20, 30, 'ok', 's'), read(600, 610)], LIVE],
    ['a sign-in beside a revoke-all is ended', [SIGN_IN, revokeAll(5, 30), refused(40, 50)], NONE],
    ['a sign-in beside a revoke-all lives', [SIGN_IN, revokeAll(5, 30), read(600, 610)], LIVE],
    [
      'somebody else is revoked',
      [SIGN_IN, [20, 30, { do: 'revoke-all', subject: 'bob' }], read(600, 610)],
      LIVE,
    ],
  )
  bad(
    'resurrected',
    ['a fresh read after the sign-out', [SIGN_IN, signOut(20, 50), read(51, 60)]],
    ['a read from memory beyond the bound', [SIGN_IN, signOut(20, 50), read(551, 560, {}, CACHED)]],
    ['a write beyond the bound', [SIGN_IN, signOut(20, 50), set(551, 560, 'a')]],
    [
      'a refresh asks the store',
      [SIGN_IN, signOut(20, 50), refresh(51, 60, 'token-1', { token: 'token-2' })],
    ],
    ['a read after a revoke', [SIGN_IN, [20, 50, { do: 'revoke', session: 's' }], read(60, 70)]],
    ['a read after a revoke-all', [SIGN_IN, revokeAll(20, 50), read(60, 70)]],
    [
      'it was found dead, and comes back: the end that nobody knew of had happened',
      [SIGN_IN, signOut(20, 50, 'unknown'), refused(100, 110), read(120, 130)],
    ],
    [
      'a process that was not asked to end it found it dead, and it comes back',
      [SIGN_IN, signOut(20, 50, 'unknown'), elsewhere(refused(60, 70)), read(600, 610)],
    ],
    ['it rests in the store, though nobody asked', [SIGN_IN, signOut(20, 50)], LIVE],
  )
  it('has no bound where none is promised', () => {
    const calls = [SIGN_IN, signOut(20, 50), read(51, 60, {}, CACHED)]
    expect(check(history(calls))).toEqual([])
    expect(check(history(calls, undefined, { staleness: 0 }))).toMatchObject([
      { rule: 'resurrected' },
    ])
  })
})

describe('a session that nothing ended', () => {
  good(
    [
      '503 is no refusal',
      [SIGN_IN, [20, 30, { do: 'read', session: 's', isFresh: true }, 'unknown']],
      LIVE,
    ],
    [
      'it is refused while a revoke-all is under way',
      [SIGN_IN, revokeAll(20, 60, 'unknown'), refused(30, 50)],
      NONE,
    ],
    [
      'a revoke-all that failed reaches a session that began within its time to be late',
      [revokeAll(-900, -800, 'unknown'), SIGN_IN, refused(30, 50)],
      NONE,
    ],
  )
  bad(
    'signed-out',
    ['it is refused', [SIGN_IN, refused(20, 30)]],
    ['it is refused before anybody ended it', [SIGN_IN, refused(20, 30), signOut(40, 50)]],
    ['it is missing at the end', [SIGN_IN], NONE],
    ['a revoke-all was over before it began', [revokeAll(-50, -10), SIGN_IN, refused(20, 30)]],
    [
      'a revoke-all that failed was over for good before it began',
      [revokeAll(-1_200, -1_100, 'unknown'), SIGN_IN, refused(20, 30)],
    ],
    [
      'a revoke that was refused did nothing',
      [SIGN_IN, [15, 18, { do: 'revoke', session: 's' }, 'refused'], refused(20, 30)],
    ],
  )
})

describe('writes of one key', () => {
  good(
    [
      'the last one is read',
      [SIGN_IN, set(20, 30, 'a'), set(40, 50, 'b'), read(60, 70, { k: 'b' })],
    ],
    [
      'two at once, either is last',
      [SIGN_IN, set(20, 50, 'a'), set(30, 40, 'b'), read(60, 70, { k: 'a' })],
    ],
    [
      'a read beside a write sees it or not',
      [SIGN_IN, set(20, 50, 'a'), read(25, 30), read(31, 40, { k: 'a' })],
    ],
    ['one that failed happened', [SIGN_IN, set(20, 30, 'a', 'unknown'), read(40, 50, { k: 'a' })]],
    [
      'one that failed never happened',
      [SIGN_IN, set(20, 30, 'a', 'unknown'), read(40, 50), read(5_000, 5_010)],
    ],
    [
      'one that failed happens late',
      [SIGN_IN, set(20, 30, 'a', 'unknown'), read(40, 50), read(1_020, 1_040, { k: 'a' })],
    ],
    [
      'one that nobody waits for happens much later',
      [SIGN_IN, set(20, 30, 'a', 'abandoned'), read(40, 50), read(9_000, 9_010, { k: 'a' })],
    ],
    [
      'a value from memory is a little old',
      [SIGN_IN, set(20, 30, 'a'), set(40, 50, 'b'), read(540, 545, { k: 'a' }, CACHED)],
    ],
    [
      'deleted and set anew',
      [
        SIGN_IN,
        set(20, 30, 'a'),
        remove(40, 50),
        read(60, 65),
        set(70, 80, 'b'),
        read(90, 95, { k: 'b' }),
      ],
    ],
    [
      'a failed write is seen, deleted, and not missed',
      [
        SIGN_IN,
        set(20, 30, 'a', 'unknown'),
        read(1_020, 1_050, { k: 'a' }),
        remove(1_025, 1_060),
        read(1_031, 1_070),
      ],
    ],
    [
      'a refused write did nothing',
      [SIGN_IN, set(20, 30, 'a'), signOut(32, 34), set(40, 50, 'b', 'refused')],
    ],
    [
      'every sum is told once',
      [SIGN_IN, increment(20, 50, 2), increment(20, 50, 1), read(60, 70, { n: 2 })],
    ],
    [
      'an increment that failed counts or not',
      [SIGN_IN, increment(20, 30, 'unknown'), increment(40, 50, 2), read(60, 70, { n: 2 })],
    ],
  )
  bad(
    'lost-write',
    ['an acknowledged one is gone', [SIGN_IN, set(20, 30, 'a'), read(40, 50)]],
    [
      'an older one comes back',
      [SIGN_IN, set(20, 30, 'a'), set(40, 50, 'b'), read(60, 70, { k: 'a' })],
    ],
    [
      'two readers see two orders',
      [
        SIGN_IN,
        set(20, 90, 'a'),
        set(20, 90, 'b'),
        read(30, 40, { k: 'a' }),
        read(41, 50, { k: 'b' }),
        read(51, 60, { k: 'a' }),
      ],
    ],
    [
      'a value from memory is too old',
      [SIGN_IN, set(20, 30, 'a'), set(40, 50, 'b'), read(551, 560, { k: 'a' }, CACHED)],
    ],
    [
      'a deleted one comes back',
      [SIGN_IN, set(20, 30, 'a'), remove(40, 50), read(60, 70, { k: 'a' })],
    ],
    [
      'one that failed happens too late',
      [SIGN_IN, set(20, 30, 'a', 'unknown'), read(1_031, 1_040), read(1_050, 1_060, { k: 'a' })],
    ],
    [
      'one that failed comes and goes',
      [SIGN_IN, set(20, 30, 'a', 'unknown'), read(40, 50, { k: 'a' }), read(60, 70)],
    ],
    ['two increments are told the same sum', [SIGN_IN, increment(20, 50, 1), increment(20, 50, 1)]],
    [
      'an increment is missing from the sum',
      [SIGN_IN, increment(20, 30, 1), increment(40, 50, 2), read(60, 70, { n: 1 })],
    ],
    [
      'more was added than asked for',
      [SIGN_IN, increment(20, 30, 'unknown'), increment(40, 50, 3)],
    ],
  )
})

describe('refresh tokens', () => {
  const to = (number: number) => ({ token: `token-${String(number)}` })
  const REUSE = { reason: 'refresh_reuse' }
  good(
    [
      'one after the other',
      [SIGN_IN, refresh(20, 30, 'token-1', to(2)), refresh(40, 50, 'token-2', to(3))],
    ],
    [
      'many tabs get the same one',
      [
        SIGN_IN,
        refresh(20, 50, 'token-1', to(2)),
        refresh(25, 40, 'token-1', to(2)),
        refresh(60, 70, 'token-1', to(2)),
      ],
    ],
    [
      'the answer was lost',
      [SIGN_IN, refresh(20, 30, 'token-1', 'unknown'), refresh(40, 50, 'token-1', to(2))],
    ],
    [
      'a thief is caught',
      [
        SIGN_IN,
        refresh(20, 30, 'token-1', to(2)),
        refresh(40, 50, 'token-2', to(3)),
        refresh(60, 70, 'token-1', REUSE),
        refused(80, 90),
      ],
      NONE,
    ],
    [
      'who comes after the grace may be taken for one',
      [SIGN_IN, refresh(20, 30, 'token-1', to(2)), refresh(10_030, 10_040, 'token-1', REUSE)],
      NONE,
    ],
    [
      'who was still under way when the successor was presented, too',
      [
        SIGN_IN,
        refresh(20, 30, 'token-1', to(2)),
        refresh(35, 60, 'token-1', REUSE),
        refresh(40, 50, 'token-2', to(3)),
      ],
      NONE,
    ],
  )
  bad(
    'two-successors',
    ['at once', [SIGN_IN, refresh(20, 30, 'token-1', to(2)), refresh(20, 30, 'token-1', to(3))]],
    [
      'after an answer that was lost',
      [SIGN_IN, refresh(20, 30, 'token-1', to(2)), refresh(40, 50, 'token-1', to(3))],
    ],
    [
      'it lives on behind its successor',
      [
        SIGN_IN,
        refresh(20, 30, 'token-1', to(2)),
        refresh(40, 50, 'token-2', to(3)),
        refresh(60, 70, 'token-1', to(2)),
      ],
    ],
  )
  bad('false-alarm', [
    'a second tab beside what ends the session anyway',
    [
      SIGN_IN,
      refresh(20, 50, 'token-1', to(2)),
      signOut(20, 90, 'unknown'),
      refresh(25, 60, 'token-1', REUSE),
    ],
    NONE,
  ])
  it('tell who was taken for a thief, and that the session is gone for nothing', () => {
    const calls = [SIGN_IN, refresh(20, 30, 'token-1', to(2)), refresh(40, 50, 'token-1', REUSE)]
    const rules = check(history(calls)).map(({ rule }) => rule)
    expect(rules).toEqual(['signed-out', 'false-alarm'])
  })
  bad('signed-out', [
    'an honest client is refused without a reason',
    [SIGN_IN, refresh(20, 30, 'token-1', 'refused')],
  ])
})

describe('index, records and lists', () => {
  good(
    ['they say the same', [SIGN_IN, list(20, 30, 's')], LIVE],
    [
      'a list beside a sign-in has it',
      [[0, 40, { do: 'sign-in', subject: 'ada' }, { id: 's' }], list(5, 30, 's')],
    ],
    [
      'a list beside a sign-in lacks it',
      [[0, 40, { do: 'sign-in', subject: 'ada' }, { id: 's' }], list(5, 30)],
    ],
    ['a list beside an end has it', [SIGN_IN, signOut(20, 50), list(30, 40, 's')], NONE],
    ['a list beside an end lacks it', [SIGN_IN, signOut(20, 50), list(30, 40)], NONE],
    [
      'an end that failed',
      [SIGN_IN, signOut(20, 30, 'unknown'), list(40, 50), list(2_000, 2_010)],
      NONE,
    ],
    ['there is no index', [SIGN_IN], { ...LIVE, indexed: null }],
  )
  bad(
    'index',
    ['a live session is not listed', [SIGN_IN, list(20, 30)]],
    ['an ended one is', [SIGN_IN, signOut(20, 30), list(40, 50, 's')]],
    ['a live one is not in the index', [SIGN_IN], { ...LIVE, indexed: [] }],
    ['an entry has no record', [SIGN_IN, signOut(20, 30)], { ...LIVE, live: [] }],
    [
      'an entry is somebody else’s',
      [SIGN_IN],
      { ...LIVE, indexed: [...LIVE.indexed, { id: 's2', subject: 'bob' }] },
    ],
  )
})

describe('strangers', () => {
  const bobs: ByHand = [0, 10, { do: 'sign-in', subject: 'bob' }, { id: 'b' }]
  const served = (result: object): ByHand => [
    20,
    30,
    { do: 'read', session: 's', isFresh: true },
    result,
  ]
  bad(
    'stranger',
    [
      'the session of another person',
      [SIGN_IN, bobs, served({ id: 'b', subject: 'bob', data: {} })],
    ],
    [
      'the person of another session',
      [SIGN_IN, bobs, served({ id: 's', subject: 'bob', data: {} })],
    ],
    [
      'values that nobody wrote there',
      [SIGN_IN, served({ id: 's', subject: 'ada', data: { k: 'x' } })],
    ],
    ['a list with somebody else’s session', [SIGN_IN, bobs, list(20, 30, 's', 'b')]],
  )
})

describe('what exists', () => {
  const lost = (from: number, outcome: 'unknown' | 'refused' | 'abandoned'): ByHand => [
    from,
    from + 10,
    { do: 'sign-in', subject: 'ada' },
    outcome,
  ]
  const ORPHAN = {
    live: [{ id: 'x', subject: 'ada' }],
    indexed: [{ id: 'x', subject: 'ada' }],
  }
  good(
    ['an answer to a sign-in was lost', [lost(0, 'unknown'), list(2, 30, 'x')], ORPHAN],
    [
      'nobody waited for it',
      [lost(0, 'abandoned'), list(900, 910), list(5_000, 5_010, 'x')],
      ORPHAN,
    ],
    ['it never happened', [lost(0, 'unknown'), list(20, 30)], NONE],
  )
  bad(
    'created',
    ['nobody signed in', [list(20, 30, 'x')]],
    ['a refused sign-in', [lost(0, 'refused')], ORPHAN],
    ['two sessions and one lost answer', [lost(0, 'unknown'), list(20, 30, 'x', 'y')]],
    ['it was there before the sign-in', [list(20, 30, 'x'), lost(40, 'unknown')]],
    ['it is somebody else’s', [[0, 10, { do: 'sign-in', subject: 'bob' }, 'unknown']], ORPHAN],
  )
})

describe('a history', () => {
  it('reports answers that no application expects', () => {
    const fault: ByHand = [20, 30, { do: 'list', subject: 'ada' }, 'unknown', { status: 500 }]
    expect(check(history([SIGN_IN, fault]))).toMatchObject([{ rule: 'fault', calls: [1] }])
  })

  it('is the same when it comes back from its file', () => {
    const kept = history([SIGN_IN, set(20, 30, 'a'), signOut(40, 50, 'unknown')], LIVE)
    expect(fromText(toText(kept))).toEqual(kept)
  })

  it('counts a call that was never completed as one that may happen at any time', () => {
    const [about, ...lines] = history([SIGN_IN, signOut(20, 30), refused(9_000, 9_010)])
    const cut = lines.filter((line) => line.kind !== 'complete' || line.call !== 1)
    expect(check([about!, ...cut])).toEqual([])
  })

  it('is judged in time, however many do the same at once', () => {
    const crowd = Array.from({ length: 12 }, (_, at) => set(100, 200, `v${String(at)}`, 'unknown'))
    const reads = Array.from({ length: 60 }, (_, at) =>
      read(300 + at * 10, 305 + at * 10, { k: `v${String(Math.floor(at / 5) % 12)}` }),
    )
    const began = performance.now()
    expect(check(history([SIGN_IN, ...crowd, ...reads]))).toEqual([])
    const again = [...reads, read(2_000, 2_010, { k: 'v0' })]
    expect(check(history([SIGN_IN, ...crowd, ...again]))).toMatchObject([{ rule: 'lost-write' }])
    expect(performance.now() - began).toBeLessThan(5_000)
  })
})
