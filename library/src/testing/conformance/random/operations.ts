import type { EndReason } from '../../../store/end-reason.js'
import type { TraitName } from '../../../store/record.js'
import type { SessionLimit } from '../../../store/store.js'
import type * as FastCheckModule from 'fast-check'
import type { Arbitrary } from 'fast-check'

/** Drawn durations count these steps, so that no instant that matters is ever near the present one. */
export const STEP: number = 10 * 60_000

/** Whose sessions are drawn; `undefined` is anonymous. */
export const SUBJECTS: readonly string[] = ['ann', 'bob', 'a:{b}*\r\n']

type KeyAction =
  | { readonly do: 'set'; readonly json: string }
  | { readonly do: 'delete' }
  | { readonly do: 'increment'; readonly by: number }

/** A new family, or an access token of a generation counted from the present one: not both at once. */
interface Tokens {
  readonly family: number | undefined
  readonly presented: number | undefined
}

/** One drawn call. Sessions are named by their place among those created so far, modulo their number. */
export type Operation = { readonly handle: 'store' | 'other' } & (
  | { readonly kind: 'read' | 'readUnknown'; readonly session: number }
  | {
      readonly kind: 'create'
      readonly subject: string | undefined
      readonly idle: number
      readonly absolute: number
      readonly limit: SessionLimit | undefined
      readonly data: readonly (readonly [string, string])[]
      readonly client: 'app' | undefined
      /** Steps for which the family lives that begins with the session. */
      readonly family: number | undefined
      /** Take the id of an earlier session instead of a new one. */
      readonly reuse: number | undefined
    }
  | {
      readonly kind: 'change'
      readonly session: number
      readonly seen: boolean
      /** Steps of a new idle time, where it was seen. */
      readonly idle: number | undefined
      readonly keys: readonly { readonly key: string; readonly action: KeyAction }[]
      readonly expect: readonly { readonly key: string; readonly holds: boolean }[]
      readonly base: 'none' | 'current' | 'stale'
      readonly trait: readonly [TraitName, string | null] | undefined
      readonly renewal: 'none' | 'current' | 'stale'
      readonly forgetPrevious: boolean
      readonly isAuthentication: boolean
      readonly tokens: Tokens
    }
  | {
      readonly kind: 'rotate'
      readonly session: number
      /** The generation presented, counted from the present one. */
      readonly offset: number
      readonly isOurs: boolean
      readonly client: 'app' | undefined
      readonly grace: number
      readonly forgiveFor: number
      readonly idle: number | undefined
      readonly isSeen: boolean
    }
  | {
      readonly kind: 'end'
      readonly session: number
      readonly reason: EndReason
      readonly after: number | undefined
    }
  | {
      readonly kind: 'endAll'
      readonly subject: string
      readonly reason: EndReason
      readonly except: number | undefined
    }
  | { readonly kind: 'reap' | 'list'; readonly subject: string; readonly limit: number }
  | { readonly kind: 'walk'; readonly limit: number }
  | {
      readonly kind: 'changeSubject'
      readonly subject: string
      readonly isDisabled: boolean | undefined
      readonly attribute: readonly [string, string | undefined] | undefined
    }
  | { readonly kind: 'advance'; readonly steps: number }
)

/** An operation of one kind. */
export type Drawn<Kind extends Operation['kind']> = Operation & { readonly kind: Kind }

type FastCheck = typeof FastCheckModule

/** The module, which applications install where they run the suite; the suite alone needs it. */
export async function loadFastCheck(): Promise<FastCheck> {
  try {
    return await import('fast-check')
  } catch (cause) {
    throw new Error(
      'The store conformance suite draws its random operations with fast-check: npm install --save-dev fast-check',
      { cause },
    )
  }
}

const KEYS = ['a', 'b', 'n', '__proto__'] as const
const TEXTS = ['1', '-7', '"x"', '[]', '{}', '1e400', '0.5'] as const
const REASONS = ['logged_out', 'revoked_admin', 'password_changed', 'refresh_reuse'] as const
const POLICIES = ['evict-oldest', 'evict-least-recent', 'refuse'] as const

/** Draws single operations, from frequent to rare; simple ones first, for failures shrink towards them. */
export function operations(fc: FastCheck): Arbitrary<Operation> {
  const handle = fc.constantFrom('store' as const, 'other' as const)
  const session = sessions(fc)
  const subject = fc.constantFrom(...SUBJECTS)
  const reason = fc.constantFrom(...REASONS)
  const limit = fc.integer({ min: 1, max: 3 })
  const kind = <Kind extends Operation['kind']>(name: Kind): Arbitrary<Kind> => fc.constant(name)
  return fc.oneof(
    { weight: 10, arbitrary: fc.record({ handle, kind: kind('read'), session }) },
    { weight: 1, arbitrary: fc.record({ handle, kind: kind('readUnknown'), session }) },
    { weight: 8, arbitrary: fc.record({ handle, kind: kind('list'), subject, limit }) },
    { weight: 8, arbitrary: fc.record({ handle, kind: kind('reap'), subject, limit }) },
    { weight: 22, arbitrary: creates(fc) },
    { weight: 30, arbitrary: changes(fc) },
    { weight: 30, arbitrary: rotations(fc) },
    {
      weight: 6,
      arbitrary: fc.record({
        handle,
        kind: kind('end'),
        session,
        reason,
        after: optional(fc, fc.integer({ min: 0, max: 4 })),
      }),
    },
    {
      weight: 2,
      arbitrary: fc.record({
        handle,
        kind: kind('endAll'),
        subject,
        reason,
        except: optional(fc, session),
      }),
    },
    { weight: 4, arbitrary: subjectChanges(fc) },
    {
      weight: 2,
      arbitrary: fc.record({ handle, kind: kind('walk'), limit: fc.integer({ min: 1, max: 40 }) }),
    },
    {
      weight: 6,
      arbitrary: fc.record({
        handle,
        kind: kind('advance'),
        steps: fc.integer({ min: 1, max: 3 }),
      }),
    },
  )
}

function optional<T>(fc: FastCheck, arbitrary: Arbitrary<T>): Arbitrary<T | undefined> {
  return fc.option(arbitrary, { nil: undefined })
}

/** Mostly one of the latest, which may well be live. */
function sessions(fc: FastCheck): Arbitrary<number> {
  return fc.oneof({ weight: 4, arbitrary: fc.nat(4) }, { weight: 1, arbitrary: fc.nat(40) })
}

function creates(fc: FastCheck): Arbitrary<Operation> {
  const limit = fc.record({
    max: fc.integer({ min: 1, max: 4 }),
    whenFull: fc.constantFrom(...POLICIES),
  })
  const entry = fc.tuple(fc.constantFrom(...KEYS), fc.constantFrom(...TEXTS))
  return fc.record({
    handle: fc.constantFrom('store' as const, 'other' as const),
    kind: fc.constant('create' as const),
    subject: fc.constantFrom(...SUBJECTS, undefined),
    idle: fc.integer({ min: 1, max: 9 }),
    absolute: fc.integer({ min: 1, max: 18 }),
    limit: optional(fc, limit),
    client: clients(fc),
    family: optional(fc, lives(fc)),
    data: fc.uniqueArray(entry, { selector: ([key]) => key, maxLength: 3 }),
    reuse: fc.option(fc.nat(30), { nil: undefined, freq: 9 }).map((place) =>
      // `option` draws its value nine times of ten; ids are to be taken again once in ten.
      place !== undefined && place % 10 === 0 ? place : undefined,
    ),
  })
}

function changes(fc: FastCheck): Arbitrary<Operation> {
  const action = fc.oneof<Arbitrary<KeyAction>[]>(
    fc.record({ do: fc.constant('set' as const), json: fc.constantFrom(...TEXTS) }),
    fc.record({ do: fc.constant('delete' as const) }),
    fc.record({ do: fc.constant('increment' as const), by: fc.integer({ min: -3, max: 3 }) }),
  )
  const key = fc.constantFrom(...KEYS)
  const few = { selector: (drawn: { key: string }): string => drawn.key, maxLength: 3 }
  const rarely = fc.nat(9).map((drawn) => drawn === 9)
  return fc.record({
    handle: fc.constantFrom('store' as const, 'other' as const),
    kind: fc.constant('change' as const),
    session: sessions(fc),
    seen: fc.boolean(),
    idle: fc.constantFrom(undefined, undefined, undefined, undefined, 1, 2, 4, 9),
    keys: fc.uniqueArray(fc.record({ key, action }), few),
    expect: fc.uniqueArray(fc.record({ key, holds: rarely.map((drawn) => !drawn) }), {
      ...few,
      maxLength: 2,
    }),
    base: fc.constantFrom('none' as const, 'current' as const, 'stale' as const),
    trait: optional(
      fc,
      fc.tuple(
        fc.constantFrom('agent' as const, 'methods' as const),
        fc.constantFrom('x', 'y:{}*', null),
      ),
    ),
    renewal: fc.constantFrom('none', 'none', 'none', 'none', 'current', 'stale'),
    forgetPrevious: rarely,
    isAuthentication: rarely,
    tokens: tokens(fc),
  })
}

function tokens(fc: FastCheck): Arbitrary<Tokens> {
  const none = fc.constant(undefined)
  return fc.oneof(
    { weight: 6, arbitrary: fc.record({ family: none, presented: none }) },
    {
      weight: 3,
      arbitrary: fc.record({ family: none, presented: fc.integer({ min: -1, max: 1 }) }),
    },
    { weight: 1, arbitrary: fc.record({ family: lives(fc), presented: none }) },
  )
}

/** Steps for which a family lives. */
function lives(fc: FastCheck): Arbitrary<number> {
  return fc.integer({ min: 1, max: 12 })
}

function clients(fc: FastCheck): Arbitrary<'app' | undefined> {
  return fc.constantFrom(...Array.from({ length: 9 }, () => undefined), 'app' as const)
}

function rotations(fc: FastCheck): Arbitrary<Operation> {
  return fc.record({
    handle: fc.constantFrom('store' as const, 'other' as const),
    kind: fc.constant('rotate' as const),
    session: sessions(fc),
    offset: fc.constantFrom(0, 0, 0, 0, 0, 0, -1, -1, -1, 1, 2, -2, -3),
    isOurs: fc.nat(19).map((drawn) => drawn < 19),
    client: clients(fc),
    grace: fc.constantFrom(0.5, 1.5, 0),
    forgiveFor: fc.constantFrom(0, 2.5, 4.5),
    idle: fc.constantFrom(undefined, undefined, 1, 3),
    isSeen: fc.boolean(),
  })
}

function subjectChanges(fc: FastCheck): Arbitrary<Operation> {
  const attribute = fc.tuple(
    fc.constantFrom('role', '__proto__'),
    fc.constantFrom('"admin"', '[]', undefined),
  )
  return fc.record({
    handle: fc.constantFrom('store' as const, 'other' as const),
    kind: fc.constant('changeSubject' as const),
    subject: fc.constantFrom(...SUBJECTS),
    isDisabled: fc.constantFrom(undefined, undefined, undefined, true, false, false, false),
    attribute: optional(fc, attribute),
  })
}
