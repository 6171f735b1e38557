import { endedBecause, type SessionRecord } from '../../src/store/record.js'
import type { Change, Store, WalkResult, WalkStep } from '../../src/store/store.js'
import type { Breakage, Parts } from './broken-stores.js'

/** The name by which {@link Breakage.noticedBy} speaks of the random operations. */
const RANDOM = 'random operations'

/** A store that takes a change for another. */
function mistaking(
  name: string,
  noticedBy: readonly string[],
  mistake: (change: Change, parts: Parts, id: string) => Change,
): Breakage {
  return {
    name,
    noticedBy,
    breakIt: (parts) => ({
      change: async (id, change) => parts.sound.change(id, mistake(change, parts, id)),
    }),
  }
}

/** The change without its new idle time. */
function without({ idleTimeout: _, ...rest }: Change): Change {
  return rest
}

const IDLE_TIMEOUTS: readonly Breakage[] = [
  mistaking(
    'takes no notice of a new idle time',
    [
      'takes a new idle time, counts it from now, and leaves everything else as it was',
      'expires a session by its new idle time where that is shorter',
      'keeps a session by its new idle time where that is longer',
      'goes by the new idle time of a session that was given one',
      'tells a new idle time within a second, whoever did it',
      RANDOM,
    ],
    without,
  ),
  mistaking(
    'takes any number for an idle time',
    ['refuses an idle time that is none, or comes without seen, and writes nothing'],
    (change) => {
      const { idleTimeout } = change
      if (idleTimeout === undefined || Number.isSafeInteger(idleTimeout)) return change
      return { ...change, idleTimeout: 1 }
    },
  ),
  mistaking(
    'takes a new idle time of a session that was not seen',
    ['refuses an idle time that is none, or comes without seen, and writes nothing'],
    (change) => (change.idleTimeout === undefined ? change : { ...change, seen: true }),
  ),
  mistaking(
    'only ever lets a session live longer',
    ['expires a session by its new idle time where that is shorter', RANDOM],
    (change, { tables, clock }, id) => {
      const present = tables.record(id, clock.now())?.idleTimeout ?? 0
      return (change.idleTimeout ?? present) < present ? without(change) : change
    },
  ),
  {
    name: 'keeps a new idle time until the session is seen again',
    noticedBy: ['keeps a session by its new idle time where that is longer', RANDOM],
    breakIt({ sound, tables }) {
      const first = new Map<string, number>()
      return {
        async change(id, change) {
          const result = await sound.change(id, change)
          if (result.status !== 'changed') return result
          const record = tables.record(id, result.now)
          if (record === undefined) return result
          const idleTimeout = first.get(id) ?? record.idleTimeout
          if (change.idleTimeout === undefined) tables.replace({ ...record, idleTimeout })
          return result
        },
        async create(session) {
          first.set(session.id, session.idleTimeout)
          return sound.create(session)
        },
      }
    },
  },
  {
    name: 'moves the absolute limit with the idle time',
    noticedBy: ['never lets an idle time reach past the absolute limit', RANDOM],
    breakIt: ({ sound, tables }) => ({
      async change(id, change) {
        const result = await sound.change(id, change)
        const record = tables.record(id, 0)
        if (result.status !== 'changed' || change.idleTimeout === undefined) return result
        const reach = result.now + Math.min(change.idleTimeout, 30 * 86_400_000)
        if (record !== undefined && reach > record.absoluteExpiresAt) {
          tables.replace({ ...record, absoluteExpiresAt: reach })
        }
        return result
      },
    }),
  },
  {
    name: 'writes the new idle time first, and then sees whether it may',
    noticedBy: [
      'takes a new idle time with all else that a change can hold, or not at all',
      RANDOM,
    ],
    breakIt: ({ sound }) => ({
      async change(id, change) {
        const { seen, idleTimeout } = change
        if (seen === true && idleTimeout !== undefined)
          await sound.change(id, { seen, idleTimeout })
        return sound.change(id, change)
      },
    }),
  },
  {
    name: 'lists sessions by the idle time that they began with',
    noticedBy: [
      'expires a session by its new idle time where that is shorter',
      'keeps a session by its new idle time where that is longer',
      RANDOM,
    ],
    breakIt({ sound, clock }) {
      const first = new Map<string, number>()
      return {
        async create(session) {
          first.set(session.id, session.idleTimeout)
          return sound.create(session)
        },
        async list(subject, page) {
          const result = await sound.list(subject, page)
          const isListed = ({ id, lastSeenAt }: SessionRecord): boolean =>
            clock.now() < lastSeenAt + (first.get(id) ?? 0)
          const stale = [...first.keys()].map((id) => sound.read(id))
          const others = (await Promise.all(stale)).flatMap((read) =>
            read.status === 'found' && read.record.subject === subject ? [read.record] : [],
          )
          const known = new Set(result.records.map(({ id }) => id))
          const more = others.filter((record) => !known.has(record.id) && isListed(record))
          const empty = new Map<string, never>()
          return {
            ...result,
            records: [
              ...result.records.filter(isListed),
              ...more.map((record) => ({ ...record, data: empty })),
            ].slice(0, page.limit),
          }
        },
      }
    },
  },
  {
    name: 'lets an index forget a session before its new idle time is over (a limit is passed by)',
    noticedBy: ['counts a session against its limit by its new idle time'],
    breakIt({ sound, tables, clock }) {
      const began = new Map<string, number>()
      return {
        async create(session) {
          const { subject } = session
          const expired = [...began].filter(([, until]) => clock.now() >= until)
          const isForgotten = expired.length > 0 && subject !== undefined
          if (isForgotten) tables.forgetIndex(subject)
          began.set(session.id, clock.now() + session.idleTimeout)
          return sound.create(session)
        },
      }
    },
  },
]

/** A store whose walk does something else than it should. */
function walking(
  name: string,
  noticedBy: readonly string[],
  walk: (
    sound: (step: WalkStep) => Promise<WalkResult>,
    parts: Parts,
  ) => (step: WalkStep) => Promise<WalkResult>,
): Breakage {
  return {
    name,
    noticedBy,
    breakIt(parts): Partial<Store> {
      const { sound } = parts
      return sound.walk === undefined ? {} : { walk: walk(sound.walk.bind(sound), parts) }
    },
  }
}

/** All that rests, live or not, from an offset on: how a walk is often written at first. */
function byOffset({ tables, clock }: Parts, { limit, cursor = '0' }: WalkStep): WalkResult {
  const now = clock.now()
  const ids = [...tables.ids()]
  const from = Number(cursor)
  const records = ids.slice(from, from + limit).flatMap((id) => tables.record(id, now) ?? [])
  const next = from + limit < ids.length ? String(from + limit) : undefined
  return { records, next, now }
}

const MEETS_ALL =
  'meets every live session of everybody, with its data, whatever the length of the steps'
const LEAVES_OUT = 'leaves out what has ended, by decision, by time or by epoch'

const WALKS: readonly Breakage[] = [
  walking(
    'gives all that rests, live or not',
    [LEAVES_OUT, RANDOM],
    (_, parts) => async (step) => byOffset(parts, step),
  ),
  walking(
    'counts its way from the beginning, so that whoever ends on the way hides another',
    ['meets whoever lives throughout, while others start and end'],
    (_, parts) => async (step) => {
      const { records, ...rest } = byOffset(parts, step)
      const isLive = (record: SessionRecord): boolean =>
        endedBecause(record, parts.tables.subject(record.subject, rest.now), rest.now) === undefined
      return { ...rest, records: records.filter(isLive) }
    },
  ),
  walking('takes no notice of epochs', [LEAVES_OUT, RANDOM], (_, parts) => async (step) => {
    const { records, ...rest } = byOffset(parts, step)
    const isInTime = (record: SessionRecord): boolean =>
      rest.now < Math.min(record.lastSeenAt + record.idleTimeout, record.absoluteExpiresAt)
    return { ...rest, records: records.filter(isInTime) }
  }),
  walking('gives records without their data', [MEETS_ALL, RANDOM], (sound) => async (step) => {
    const result = await sound(step)
    return { ...result, records: result.records.map((each) => ({ ...each, data: new Map() })) }
  }),
  walking('knows no sessions of nobody', [MEETS_ALL, RANDOM], (sound) => async (step) => {
    const result = await sound(step)
    const isOfSomebody = ({ subject }: SessionRecord): boolean => subject !== undefined
    return { ...result, records: result.records.filter(isOfSomebody) }
  }),
  walking(
    'gives everything at once, however long a step was to be',
    ['goes in steps of about the length that it is told'],
    (sound) => async (step) => {
      const { now } = await sound(step)
      const records: SessionRecord[] = []
      for (let cursor: string | undefined; ;) {
        const part = await sound({ limit: 1_000, ...(cursor === undefined ? {} : { cursor }) })
        records.push(...part.records)
        if (part.next === undefined) break
        cursor = part.next
      }
      return { records, next: undefined, now }
    },
  ),
  walking('ends after its first step', [MEETS_ALL, RANDOM], (sound) => async (step) => {
    const result = await sound(step)
    return { ...result, next: undefined }
  }),
  walking(
    'begins anew at any cursor',
    ['refuses a malformed cursor of a walk by its name'],
    (sound) => (step) => sound(step).catch(() => sound({ limit: step.limit })),
  ),
  walking('takes any length of a step', ['refuses a step of a length that is none'], (sound) => {
    return (step) =>
      sound({ ...step, limit: Math.min(Math.max(Math.trunc(step.limit) || 1, 1), 1_000) })
  }),
  walking(
    'marks whom it meets as seen',
    ['changes nothing: who was met was not seen, who is over is not told', RANDOM],
    (sound, parts) => async (step) => {
      const result = await sound(step)
      for (const { id } of result.records) await parts.sound.change(id, { seen: true })
      return result
    },
  ),
  walking(
    'tidies up on its way, and tells nobody',
    ['changes nothing: who was met was not seen, who is over is not told', RANDOM],
    (sound, { tables, clock }) =>
      async (step) => {
        tables.buryAll(clock.now())
        return sound(step)
      },
  ),
  walking(
    'tells its own clock',
    ['tells the store’s instant, at which all that it gives is live'],
    (sound) => async (step) => ({ ...(await sound(step)), now: 0 }),
  ),
  walking(
    'never comes to an end where there is nothing',
    ['comes to an end where there is nothing'],
    (sound) => async (step) => {
      const result = await sound(step)
      const isEmpty = result.records.length === 0 && result.next === undefined
      return isEmpty ? { ...result, next: 'w.AA' } : result
    },
  ),
]

/** Ways to get new idle times and walks wrong. */
export const BROKEN_IDLE_TIMEOUTS: readonly Breakage[] = [...IDLE_TIMEOUTS, ...WALKS]
