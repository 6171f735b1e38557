import { describe, expect, it } from 'vitest'
import { StoreUnavailable } from '../../../src/errors.js'
import { inPlace, newSession, start, type Place } from './support.js'

const JUNK_DATA = [
  '',
  'junk',
  'null',
  '{}',
  '"x"',
  '[1]',
  '[["a"]]',
  '[["a",1]]',
  '[["a","1","1"]]',
  '[["a",1.5,"1"]]',
  '[["a",1,1]]',
  '[[1,1,"1"]]',
  '[["a",1,"1"]',
]
const JUNK_TRAITS = ['', 'junk', 'null', '[]', '1', '{"agent":1}', '{"agent":null}', '{"agent":"x"']

const WAYS: readonly (readonly [what: string, sql: string])[] = [
  ...JUNK_DATA.map((text) => [`data ${JSON.stringify(text)}`, `data = '${text}'`] as const),
  ...JUNK_TRAITS.map((text) => [`traits ${JSON.stringify(text)}`, `traits = '${text}'`] as const),
  ['a later version', 'version = 2'],
  ['no version', 'version = 0'],
  ['an integer that no number can hold', 'epoch = 9223372036854775807'],
]

function rowOf(place: Place, id: string): unknown {
  const columns = 'version, traits, data, last_seen_at, revision, secret_digest'
  return place.raw().prepare(`SELECT ${columns} FROM session WHERE id = ?`).get(id)
}

describe('a row that cannot be read', () => {
  it.each(WAYS)('is corrupt, is not written to, and harms no other: %s', (_, assignment) =>
    inPlace(async (place) => {
      const store = await place.open()
      const [broken, sound] = [await start(store), await start(store)]
      place.exec(`UPDATE session SET ${assignment} WHERE id = '${broken}'`)
      const before = rowOf(place, broken)
      expect((await store.read(broken)).status).toBe('corrupt')
      expect(await store.change(broken, { seen: true, traits: { methods: 'x' } })).toEqual({
        status: 'gone',
        ending: undefined,
      })
      expect(await store.create(newSession(store, { id: broken }))).toMatchObject({
        status: 'refused',
      })
      expect(rowOf(place, broken)).toEqual(before)
      expect((await store.read(sound)).status).toBe('found')
      expect((await store.change(sound, { seen: true })).status).toBe('changed')
      const listed = (await store.list('ann', { limit: 10 })).records.map(({ id }) => id)
      expect(listed).toContain(sound)
    }),
  )

  it('can still be ended where only its data is junk, for lists show it', () =>
    inPlace(async (place) => {
      const store = await place.open()
      const id = await start(store)
      place.exec(`UPDATE session SET data = 'junk'`)
      expect((await store.list('ann', { limit: 1 })).records).toHaveLength(1)
      expect((await store.end(id, 'logged_out')).status).toBe('ended')
      expect((await store.read(id)).status).toBe('ended')
    }))

  it('does not outlive its time', () =>
    inPlace(async (place) => {
      const clock = { now: () => Date.now() + shift, elapsed: () => performance.now() }
      let shift = 0
      const store = await place.open({ clock })
      await start(store)
      place.exec(`UPDATE session SET version = 99, data = 'junk'`)
      shift = 2 * 86_400_000
      for (let index = 0; index < 8; index += 1) await start(store, { subject: 'bob' })
      const left = place.raw().prepare(`SELECT id FROM session WHERE subject = 'ann'`).all()
      expect(left).toEqual([])
    }))
})

describe('a subject whose record cannot be read', () => {
  it.each(['junk', '{}', '[1]', '[["a",1]]', '[["a"]]'])(
    'is never taken for one about whom nothing is kept: %s',
    (text) =>
      inPlace(async (place) => {
        const store = await place.open()
        const [id, other] = [await start(store), await start(store, { subject: 'bob' })]
        await store.changeSubject('ann', { isDisabled: true })
        place.exec(`UPDATE subject SET attributes = '${text}'`)
        expect((await store.read(id)).status).toBe('corrupt')
        await expect(store.readSubject('ann')).rejects.toBeInstanceOf(StoreUnavailable)
        await expect(store.create(newSession(store))).rejects.toBeInstanceOf(StoreUnavailable)
        expect((await store.read(other)).status).toBe('found')
      }),
  )
})
