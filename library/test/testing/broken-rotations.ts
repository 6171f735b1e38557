import type { RefreshFamily, SessionRecord } from '../../src/store/record.js'
import type { Rotation, RotateResult } from '../../src/store/store.js'
import type { Breakage, Parts } from './broken-stores.js'

/** Everything that waits for a network does so at points like this one. */
const otherCallers = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

/** The name by which {@link Breakage.noticedBy} speaks of the random operations. */
const RANDOM = 'random operations'

function familyOf({ tables, clock }: Parts, id: string): RefreshFamily | undefined {
  return tables.record(id, clock.now())?.family
}

/** Writes over what is kept of a family, below the store. */
function rewrite({ tables, clock }: Parts, id: string, change: Partial<RefreshFamily>): void {
  const record = tables.record(id, clock.now())
  if (record?.family === undefined) return
  tables.replace({ ...record, family: { ...record.family, ...change } })
}

/** A store that takes the presented token for another. */
function mistaking(
  name: string,
  noticedBy: readonly string[],
  mistake: (family: RefreshFamily, rotation: Rotation, now: number) => Partial<Rotation>,
): Breakage {
  return {
    name,
    noticedBy,
    breakIt: (parts) => ({
      async rotate(id, rotation) {
        const family = familyOf(parts, id)
        if (family?.seedDigest !== rotation.seedDigest) return parts.sound.rotate(id, rotation)
        const mistaken = mistake(family, rotation, parts.clock.now())
        return parts.sound.rotate(id, { ...rotation, ...mistaken })
      },
    }),
  }
}

const MISTAKES: readonly Breakage[] = [
  mistaking(
    'accepts a grandparent within its grace',
    ['ends the session where token 1 of 4 comes, within all grace and forgiveness', RANDOM],
    ({ generation, parent }, shown) =>
      shown.generation < generation && parent !== undefined ? { generation: parent } : {},
  ),
  mistaking(
    'measures grace by the time alone, and gives each of the racers a successor of its own',
    [
      'gives the parent the same successor within its grace, and keeps everything as it was',
      '50 rotations of one token at once give one successor, 20 times',
      RANDOM,
    ],
    ({ generation, parent, rotatedAt }, shown, now) =>
      shown.generation === parent && now <= rotatedAt + shown.grace ? { generation } : {},
  ),
  mistaking(
    'has a grace where it was told to have none',
    [
      'ends the session where its parent comes at once, and there is no grace',
      '50 rotations of one token at once without grace: one successor, one reuse, and all is over',
    ],
    (_, { grace }) => ({ grace: grace === 0 ? 1_000 : grace }),
  ),
  mistaking(
    'takes a number that nobody was told of for the present one',
    ['refuses a token that nobody can have been given, and ends nothing', RANDOM],
    ({ generation }, shown) => (shown.generation > generation + 1 ? { generation } : {}),
  ),
  mistaking(
    'ends the session where a token is one ahead',
    ['heals where the token is one ahead, for the write before was lost'],
    ({ generation }, shown) => (shown.generation === generation + 1 ? { generation: -1 } : {}),
  ),
  mistaking(
    'forgives a parent for ever',
    ['forgives no parent after its time'],
    (_, { forgiveFor }) => ({ forgiveFor: forgiveFor * 1_000 }),
  ),
  mistaking(
    'looks at the generation before it looks at the client',
    ['refuses a token that another client presents, spent or not'],
    ({ generation }, shown) =>
      shown.generation < generation && shown.client !== undefined ? { client: undefined } : {},
  ),
  mistaking(
    'knows no limit of the time between two exchanges',
    ['refuses tokens when the time since the last exchange is over, spent or not', RANDOM],
    () => ({ idleTimeout: undefined }),
  ),
  mistaking(
    'extends the idle time with every exchange',
    ['counts as activity where it is told to, and otherwise does not', RANDOM],
    () => ({ isSeen: true }),
  ),
]

const OTHERS: readonly Breakage[] = [
  {
    name: 'reads the counter, waits, and writes it (four CVEs of 2026)',
    noticedBy: ['50 rotations of one token at once give one successor, 20 times'],
    breakIt: (parts) => ({
      async rotate(id, rotation): Promise<RotateResult> {
        const before = familyOf(parts, id)
        await otherCallers()
        if (before !== undefined) rewrite(parts, id, before)
        return parts.sound.rotate(id, rotation)
      },
    }),
  },
  {
    name: 'refuses a spent token, and lets the session live',
    noticedBy: ['ends the session where its parent comes after the grace', RANDOM],
    breakIt: ({ sound, tables, clock }) => ({
      async rotate(id, rotation): Promise<RotateResult> {
        const before = tables.record(id, clock.now())
        const result = await sound.rotate(id, rotation)
        if (result.status !== 'reused' || before === undefined) return result
        tables.add(before, clock.now())
        return { status: 'refused', reason: 'unknown' }
      },
    }),
  },
  {
    name: 'says once more that a token was reused, when the session is over',
    noticedBy: ['ends the session where its parent comes after the grace'],
    breakIt({ sound }) {
      const reused = new Map<string, RotateResult>()
      return {
        async rotate(id, rotation) {
          const result = await sound.rotate(id, rotation)
          if (result.status === 'reused') reused.set(id, result)
          return reused.get(id) ?? result
        },
      }
    },
  },
  {
    name: 'brings a session back by exchanging its token',
    noticedBy: [
      'behaviour 2c: no verb writes to a session that was ended; all say gone',
      'a rotation that races an end never leaves a live session, 300 times',
      RANDOM,
    ],
    breakIt({ sound, tables, clock }) {
      const seen = new Map<string, SessionRecord>()
      return {
        async create(session) {
          const result = await sound.create(session)
          if (result.status === 'created') seen.set(session.id, result.record)
          return result
        },
        async rotate(id, rotation) {
          const record = seen.get(id)
          if (record !== undefined && (await sound.read(id)).status === 'ended') {
            tables.add(record, clock.now())
          }
          return sound.rotate(id, rotation)
        },
      }
    },
  },
  {
    name: 'forgives a parent though its successor was presented',
    noticedBy: ['forgives no parent whose successor was presented'],
    breakIt: (parts) => ({
      rotate(id, rotation) {
        rewrite(parts, id, { isPresented: false })
        return parts.sound.rotate(id, rotation)
      },
    }),
  },
  {
    name: 'lets the successor live that a forgiven parent made superfluous',
    noticedBy: [
      'forgives the parent after 60 min while its successor was never presented, which is dead then',
    ],
    breakIt(parts) {
      const spared = new Map<string, number>()
      return {
        async rotate(id, rotation) {
          const family = familyOf(parts, id)
          const generation = family?.generation ?? 0
          if (spared.get(id) === rotation.generation)
            return parts.sound.rotate(id, { ...rotation, generation })
          const result = await parts.sound.rotate(id, rotation)
          if (result.status === 'forgiven') spared.set(id, generation)
          return result
        },
      }
    },
  },
  {
    name: 'gives a family another life with every exchange',
    noticedBy: [
      'refuses tokens when the time of the family is over, however often they were exchanged',
      RANDOM,
    ],
    breakIt: (parts) => ({
      async rotate(id, rotation) {
        const result = await parts.sound.rotate(id, rotation)
        if (result.status === 'rotated') {
          rewrite(parts, id, { expiresAt: parts.clock.now() + 86_400_000 * 30 })
        }
        return result
      },
    }),
  },
  {
    name: 'takes any access token for one of the present generation',
    noticedBy: [
      'notes that the present token was seen in use, once its access token came in',
      RANDOM,
    ],
    breakIt: (parts) => ({
      change(id, change) {
        const { generation } = familyOf(parts, id) ?? {}
        if (change.presentedGeneration === undefined || generation === undefined) {
          return parts.sound.change(id, change)
        }
        return parts.sound.change(id, { ...change, presentedGeneration: generation })
      },
    }),
  },
  {
    name: 'answers an exchange with the session as it was before',
    noticedBy: [
      'exchanges the present token for its successor, and answers with the session as it is',
    ],
    breakIt: ({ sound }) => ({
      async rotate(id, rotation) {
        const before = await sound.read(id)
        const result = await sound.rotate(id, rotation)
        if (!('generation' in result) || before.status !== 'found') return result
        return { ...result, record: before.record }
      },
    }),
  },
  {
    name: 'does not count deletions of attributes',
    noticedBy: [
      'raises the version of the attributes by one with every change that names some',
      RANDOM,
    ],
    breakIt: ({ sound, tables, clock }) => ({
      async changeSubject(subject, change) {
        const { version } = await sound.readSubject(subject)
        const result = await sound.changeSubject(subject, change)
        if (change.set !== undefined) return result
        return tables.setSubject(subject, { version }, clock.now())
      },
    }),
  },
  {
    name: 'keeps a document whatever revision was expected',
    noticedBy: ['writes nothing where somebody else was first'],
    breakIt: ({ sound }) => ({
      async writeDocument(name, text) {
        const revision = (await sound.readDocument(name))?.revision ?? 0
        return sound.writeDocument(name, text, revision)
      },
    }),
  },
  {
    name: 'compares the revision of a document, waits, and writes',
    noticedBy: ['lets one of 20 writers at once win, every time'],
    breakIt: ({ sound }) => ({
      async writeDocument(name, text, expect) {
        if (((await sound.readDocument(name))?.revision ?? 0) !== expect) return undefined
        await otherCallers()
        const revision = (await sound.readDocument(name))?.revision ?? 0
        return sound.writeDocument(name, text, revision)
      },
    }),
  },
  {
    name: 'keeps the beginning of a long document',
    noticedBy: ['refuses a text over 65,536 characters as a wrong input, and keeps what was there'],
    breakIt: ({ sound }) => ({
      writeDocument: (name, text, expect) =>
        sound.writeDocument(name, text.slice(0, 65_536), expect),
    }),
  },
]

/** Ways to get refresh families, attributes and documents wrong. */
export const BROKEN_ROTATIONS: readonly Breakage[] = [...MISTAKES, ...OTHERS]
