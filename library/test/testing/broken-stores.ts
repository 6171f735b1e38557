import type { SessionRecord } from '../../src/store/record.js'
import type { Tables } from '../../src/store/memory/tables.js'
import type { ChangeResult, ReapResult, Store } from '../../src/store/store.js'
import type { Clock } from '../../src/system/clock.js'

/** What a broken store is made of: a sound one, and what lies beneath it. */
export interface Parts {
  readonly sound: Store
  readonly tables: Tables
  readonly clock: Clock
}

/** One way to get a store wrong, seen in the wild, and the tests that have to notice. */
export interface Breakage {
  readonly name: string
  readonly noticedBy: readonly string[]
  breakIt(parts: Parts): Partial<Store>
}

/** Everything that waits for a network does so at points like this one. */
const otherCallers = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

export const BREAKAGES: readonly Breakage[] = [
  {
    name: 'saves a session that has ended (express-session with connect-redis)',
    noticedBy: [
      'behaviour 2c: no verb writes to a session that was ended; all say gone',
      'behaviour 2a: a write that races an end never brings the session back, 1000 times',
      'behaviour 2b: a touch that races an end never brings the session back, 300 times',
      'random operations',
    ],
    breakIt({ sound, tables, clock }) {
      const seen = new Map<string, SessionRecord>()
      return {
        async create(session) {
          const result = await sound.create(session)
          if (result.status === 'created') seen.set(session.id, result.record)
          return result
        },
        async change(id, change) {
          const record = seen.get(id)
          if (record !== undefined && (await sound.read(id)).status === 'ended') {
            tables.add(record, clock.now())
          }
          return sound.change(id, change)
        },
      }
    },
  },
  {
    name: 'writes back the whole data it read before (last writer wins everything)',
    noticedBy: [
      'behaviour 1a: two concurrent writers of different keys both survive, 1000 of 1000 times',
      'behaviour 1b: of two concurrent writers one deletes a and one sets b: a is gone, b is there',
    ],
    breakIt: ({ sound, tables }) => ({
      async change(id, change) {
        const before = await sound.read(id)
        await otherCallers()
        const result = await sound.change(id, change)
        const after = await sound.read(id)
        if (before.status !== 'found' || after.status !== 'found') return result
        const data = new Map(before.record.data)
        for (const key of change.delete ?? []) data.delete(key)
        for (const key of [...(change.set?.keys() ?? []), ...(change.increment?.keys() ?? [])]) {
          const entry = after.record.data.get(key)
          if (entry !== undefined) data.set(key, entry)
        }
        tables.replace({ ...after.record, data })
        return result
      },
    }),
  },
  {
    name: 'increments by reading, waiting and writing',
    noticedBy: ['behaviour 1d: 100 concurrent increments end at exactly 100'],
    breakIt: ({ sound }) => ({
      async change(id, change) {
        const read = await sound.read(id)
        if (change.increment === undefined || read.status !== 'found')
          return sound.change(id, change)
        const { data } = read.record
        const sums = [...change.increment].map(([key, by]): [string, number] => [
          key,
          Number(data.get(key)?.json ?? 0) + by,
        ])
        await otherCallers()
        const set = new Map(sums.map(([key, sum]) => [key, String(sum)]))
        const { increment: _, ...rest } = change
        const result = await sound.change(id, { ...rest, set })
        return result.status === 'changed' ? { ...result, values: new Map(sums) } : result
      },
    }),
  },
  {
    name: 'forgets to take a session that ends off the list',
    noticedBy: [
      'ends a session once, tells the record as it was without its data, and then the reason',
      'random operations',
    ],
    breakIt({ sound }) {
      const stale = new Map<string, SessionRecord[]>()
      return {
        async end(id, reason, options) {
          const result = await sound.end(id, reason, options)
          if (result.status === 'ended' && result.record.subject !== undefined) {
            const { subject } = result.record
            stale.set(subject, [...(stale.get(subject) ?? []), result.record])
          }
          return result
        },
        async list(subject, page) {
          const result = await sound.list(subject, page)
          const records = [...result.records, ...(stale.get(subject) ?? [])]
          return { ...result, records: records.slice(0, page.limit) }
        },
      }
    },
  },
  {
    name: 'counts the sessions of a subject before it waits',
    noticedBy: [
      'behaviour 6d: one session means one under 50 parallel sign-ins (evict-oldest)',
      'behaviour 6d: one session means one under 50 parallel sign-ins (evict-least-recent)',
      'behaviour 6d: one session means one under 50 parallel sign-ins (refuse)',
    ],
    breakIt: ({ sound }) => ({
      async create(session) {
        const { limit, ...unlimited } = session
        if (limit === undefined || session.subject === undefined) return sound.create(session)
        const page = await sound.list(session.subject, { limit: 100 })
        await otherCallers()
        return page.records.length < limit.max ? sound.create(unlimited) : sound.create(session)
      },
    }),
  },
  {
    name: 'ends all sessions that the index knows, one by one',
    noticedBy: ['behaviour 2d: ends sessions that are missing from the index too'],
    breakIt: ({ sound }) => ({
      async endAll(subject, reason, except) {
        const { epoch } = await sound.readSubject(subject)
        let count = 0
        for (const { id } of (await sound.list(subject, { limit: 100 })).records) {
          if (id !== except && (await sound.end(id, reason)).status === 'ended') count += 1
        }
        return { count, epoch: epoch + 1 }
      },
    }),
  },
  {
    name: 'parses the data on its way (cjson, JSONB)',
    noticedBy: ['gives every JSON text back byte for byte, written by create and by change'],
    breakIt: ({ sound }) => ({
      create: (session) =>
        sound.create({
          ...session,
          data: new Map([...session.data].map(([key, json]) => [key, reprint(json)])),
        }),
    }),
  },
  {
    name: 'joins subjects whose names differ in case',
    noticedBy: ['never reaches another subject, whatever the names are'],
    breakIt: ({ sound }) => ({
      endAll: async (subject, reason, except) => {
        const other = subject.toUpperCase()
        if (other !== subject) await sound.endAll(other, reason)
        return sound.endAll(subject, reason, except)
      },
    }),
  },
  {
    name: 'lets use extend a session past its absolute limit',
    noticedBy: ['ends a session at its absolute limit, however busy it is', 'random operations'],
    breakIt: ({ sound, tables }) => ({
      async change(id, change) {
        const result = await sound.change(id, change)
        if (result.status !== 'changed' || change.seen !== true) return result
        const record = tables.record(id, result.now)
        const absoluteExpiresAt = result.now + (record?.idleTimeout ?? 0) * 2
        if (record !== undefined) tables.replace({ ...record, absoluteExpiresAt })
        return result
      },
    }),
  },
  {
    name: 'lets use revive a session that has expired but is still there (EXPIRE without a check)',
    noticedBy: [
      'behaviour 2c: no verb writes to a session that expired; all say gone',
      'being seen does not revive a session that has expired but still lingers',
    ],
    breakIt: ({ sound, tables, clock }) => ({
      async change(id, change) {
        const record = tables.record(id, clock.now())
        if (record !== undefined && change.seen === true) {
          tables.replace({ ...record, lastSeenAt: clock.now() })
        }
        return sound.change(id, change)
      },
    }),
  },
  {
    name: 'drops expired sessions from the index without telling anybody',
    noticedBy: [
      'finds what ran out of time, with its reason, and leaves what lives',
      'random operations',
    ],
    breakIt: ({ sound, tables, clock }) => ({
      async list(subject, page) {
        const result = await sound.list(subject, page)
        const live = new Set(result.records.map(({ id }) => id))
        const rest = tables.sessionsOf(subject, clock.now()).filter(({ id }) => !live.has(id))
        if (page.cursor !== undefined || result.next !== undefined) return result
        for (const record of rest) tables.bury(record, 'unknown', clock.now())
        return result
      },
      async reap(subject, limit): Promise<ReapResult> {
        const result = await sound.reap(subject, limit)
        return { ...result, reaped: result.reaped.filter(({ reason }) => !isByTime(reason)) }
      },
    }),
  },
  {
    name: 'tells an end to everybody who reaps at the same time',
    noticedBy: ['tells every end once, however many reap at the same time'],
    breakIt: ({ sound, tables, clock }) => ({
      async reap(subject, limit) {
        const due = tables.sessionsOf(subject, clock.now()).slice(0, limit)
        await otherCallers()
        const result = await sound.reap(subject, limit)
        const { epochReason: reason = 'unknown' } = await sound.readSubject(subject)
        const isStale = due.length > 0 && result.reaped.length === 0
        return isStale ? { ...result, reaped: due.map(({ id }) => ({ id, reason })) } : result
      },
    }),
  },
  {
    name: 'answers an end twice',
    noticedBy: ['lets one of two concurrent ends win, so that every end is told once'],
    breakIt: ({ sound }) => ({
      async end(id, reason, options) {
        const before = await sound.read(id)
        await otherCallers()
        const result = await sound.end(id, reason, options)
        const { status } = result
        if (status === 'ended' || before.status !== 'found') return result
        return { status: 'ended', record: { ...before.record, data: new Map() } }
      },
    }),
  },
  {
    name: 'takes no notice of a renewal that came first',
    noticedBy: [
      'renews the secret once, keeps the digest before it, and answers superseded afterwards',
      'random operations',
    ],
    breakIt: ({ sound }) => ({
      async change(id, change): Promise<ChangeResult> {
        const read = await sound.read(id)
        const { renewal } = change
        if (renewal === undefined || read.status !== 'found') return sound.change(id, change)
        const from = read.record.secretDigest
        return sound.change(id, { ...change, renewal: { ...renewal, from } })
      },
    }),
  },
  {
    name: 'loses a session once in many writes',
    noticedBy: ['random operations'],
    breakIt({ sound }) {
      let writes = 0
      return {
        async change(id, change) {
          writes += 1
          if (writes % 23 === 0) await sound.end(id, 'unknown')
          return sound.change(id, change)
        },
      }
    },
  },
  {
    name: 'keeps its data for ever',
    noticedBy: ['leaves nothing behind when everything has had its time'],
    breakIt: ({ sound, tables, clock }) => ({
      async create(session) {
        const result = await sound.create(session)
        if (result.status === 'created') {
          const id = `shadow:${session.id}`
          const absoluteExpiresAt = Number.MAX_SAFE_INTEGER
          const shadow = { ...result.record, id, absoluteExpiresAt, subject: undefined }
          tables.add({ ...shadow, idleTimeout: Number.MAX_SAFE_INTEGER }, clock.now())
        }
        return result
      },
    }),
  },
  {
    name: 'takes any cursor',
    noticedBy: ['refuses a malformed cursor by its name'],
    breakIt: ({ sound }) => ({
      list: (subject, page) =>
        sound.list(subject, page).catch(() => sound.list(subject, { limit: page.limit })),
    }),
  },
  {
    name: 'brings sessions back when their subject is enabled again',
    noticedBy: [
      'enabling a subject again lets new sessions start, and brings none of the old ones back',
      'random operations',
    ],
    breakIt: ({ sound, tables, clock }) => ({
      async changeSubject(subject, change) {
        const { epoch, epochReason } = await sound.readSubject(subject)
        await sound.changeSubject(subject, change)
        return tables.setSubject(subject, { epoch, epochReason }, clock.now())
      },
    }),
  },
]

function reprint(json: string): string {
  const value: unknown = JSON.parse(json)
  return JSON.stringify(value)
}

function isByTime(reason: string): boolean {
  return reason === 'expired_idle' || reason === 'expired_absolute'
}
