import { describe, expect, it } from 'vitest'
import { slotOf } from '../../../src/store/redis/feed/slot.js'
import { judge, slotsOf, toView } from '../../../src/store/redis/feed/topology.js'

const OURS = slotsOf('sj:')

/** What three primaries say, with the lines of one of them replaced. */
function views(...changed: readonly (readonly [number, string])[]) {
  const lines = ['a # 0-5460', 'b # 5461-10922', 'c # 10923-16383']
  const texts = lines.map((_, me) =>
    lines.map((line, at) => line.replace('#', at === me ? 'me' : '-')).join('\n'),
  )
  for (const [at, text] of changed) texts[at] = text
  return texts.map(toView)
}

describe('slots', () => {
  it('are those of the cluster specification', () => {
    // CRC16/XMODEM of 123456789 is 0x31c3.
    expect(slotOf('123456789')).toBe(0x31c3)
    expect(slotOf('{user1000}.following')).toBe(slotOf('user1000'))
    expect(slotOf('foo{}{bar}')).not.toBe(slotOf('bar'))
    expect(slotOf('foo{{bar}}zap')).toBe(slotOf('{bar'))
    expect(slotOf('foo')).toBe(12_182)
  })

  it('of ours are as many as our buckets lead to, or one where the prefix says so', () => {
    expect(OURS.size).toBeGreaterThan(3_000)
    for (const [slot, bucket] of OURS) expect(slotOf(`sj:s{${bucket}}x`)).toBe(slot)
    expect([...slotsOf('{app}:sj:').keys()]).toEqual([slotOf('app')])
  })
})

describe('what primaries say together', () => {
  it('is whole where each slot of ours is served by one that has spoken', () => {
    const judgement = judge(views(), OURS)
    expect(judgement).toMatchObject({ isWhole: true, owners: 'a b c' })
    const placeOf = (slot: number): number => (slot > 5_460 ? 1 : 0) + (slot > 10_922 ? 1 : 0)
    const wrong = [...OURS.keys()].filter((slot) => judgement.placeOf(slot) !== placeOf(slot))
    expect(wrong).toEqual([])
    for (const [id, buckets] of judgement.asks) {
      const places = new Set(buckets.map((bucket) => placeOf(slotOf(`sj:w{${bucket}}`))))
      expect([...places]).toEqual([['a', 'b', 'c'].indexOf(id)])
    }
  })

  it('is not while one of them has not spoken', () => {
    const judgement = judge(views().slice(0, 2), OURS)
    expect(judgement.isWhole).toBe(false)
    expect([...judgement.asks.keys()].sort()).toEqual(['a', 'b', 'c'])
  })

  it('is not while one names a primary that has not spoken, though another claims its slots', () => {
    // The replica r of c was promoted, and c has not heard of it.
    const heard = 'a me 0-5460\nb - 5461-10922\nr - 10923-16383\nc - '
    const judgement = judge(views([0, heard]), OURS)
    expect(judgement.isWhole).toBe(false)
    expect([...judgement.asks.keys()].sort()).toEqual(['a', 'b', 'c', 'r'])
  })

  it('is not while a slot of ours is on its way to, or from, one that has not spoken', () => {
    const [slot = 0] = OURS.keys()
    const place = Math.floor(slot / 5_461.4)
    for (const way of ['->-', '-<-']) {
      const [id = ''] = ['a', 'b', 'c'].slice(place)
      const ranges = ['0-5460', '5461-10922', '10923-16383'][place] ?? ''
      const others = ['a - 0-5460', 'b - 5461-10922', 'c - 10923-16383'].filter(
        (line) => !line.startsWith(id),
      )
      const text = (other: string): string =>
        [`${id} me ${ranges} [${String(slot)}${way}${other}]`, ...others].join('\n')
      expect(judge(views([place, text('new')]), OURS).isWhole).toBe(false)
      const known = place === 0 ? 'b' : 'a'
      expect(judge(views([place, text(known)]), OURS).isWhole).toBe(true)
    }
  })

  it('is not where nobody serves a slot of ours, and is where only others are missing', () => {
    const [slot = 0] = [...OURS.keys()].sort((one, other) => one - other)
    const rest = `a me ${String(slot + 1)}-5460\nb - 5461-10922\nc - 10923-16383`
    expect(judge(views([0, rest]), OURS).isWhole).toBe(false)
    const foreign = Array.from({ length: 5_460 }, (_, at) => at).find((at) => !OURS.has(at)) ?? 0
    const without = `a me 0-${String(foreign - 1)} ${String(foreign + 1)}-5460\nb - 5461-10922`
    expect(judge(views([0, `${without}\nc - 10923-16383`]), OURS).isWhole).toBe(true)
  })
})
