import fc from 'fast-check'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { Busy } from '../../../src/account/errors.js'
import { isAddress, isVisibleName, nameKey } from '../../../src/account/name.js'
import { createPasswordHasher } from '../../../src/account/password.js'
import { createQueue } from '../../../src/account/queue.js'

describe('the queue before the hash', () => {
  it('does so many at once and refuses what does not fit in the line', async () => {
    const queue = createQueue({ atOnce: 2, waiting: 3 })
    let running = 0
    let most = 0
    const work = async (): Promise<void> => {
      running += 1
      most = Math.max(most, running)
      await sleep(5)
      running -= 1
    }
    const all = await Promise.allSettled(Array.from({ length: 9 }, () => queue.run(work)))
    expect(all.map(({ status }) => status)).toEqual([
      ...Array.from({ length: 5 }, () => 'fulfilled'),
      ...Array.from({ length: 4 }, () => 'rejected'),
    ])
    expect(most).toBe(2)
    await expect(queue.run(() => Promise.resolve('free again'))).resolves.toBe('free again')
  })

  it('answers what is too much with 503 and when to try again', async () => {
    const hasher = createPasswordHasher(createQueue({ atOnce: 1, waiting: 0 }))
    const [first, second] = await Promise.allSettled([hasher.create('one'), hasher.create('two')])
    expect(first.status).toBe('fulfilled')
    expect(second.status === 'rejected' && second.reason).toBeInstanceOf(Busy)
    expect(second).toMatchObject({ reason: { status: 503, code: 'busy', retryAfter: 1 } })
  })

  it('gives the place of a failed one to the next', async () => {
    const queue = createQueue({ atOnce: 1, waiting: 1 })
    const failed = queue.run(() => Promise.reject(new Error('no')))
    const next = queue.run(() => Promise.resolve('yes'))
    await expect(failed).rejects.toThrow('no')
    await expect(next).resolves.toBe('yes')
  })
})

describe('names', () => {
  it('have a key that is its own key', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(nameKey(nameKey(text))).toBe(nameKey(text))
      }),
      { numRuns: 500 },
    )
  })

  it('are addresses only with something on both sides of one @', () => {
    for (const text of ['a@b', 'A@b.example', 'ü@ä.example', 'a＠b'])
      expect(isAddress(text)).toBe(true)
    for (const text of ['a', '@b', 'a@', 'a@b@c', 'a b@c', 'a@b\nc', ''])
      expect(isAddress(text)).toBe(false)
  })

  it.each([
    '',
    '   ',
    'x'.repeat(255),
    'a\u0000b',
    'a\u202eb',
    '\u200b',
    '\u3164',
    '\u00ad',
    'a\u2028b',
    '\u0301',
  ])('must be visible: %j is not', (text) => {
    expect(isVisibleName(text)).toBe(false)
  })

  it.each(['a', 'x'.repeat(254), '👩‍🚀', '名前', 'نام‌خانوادگی', '1', '.', '❤️', '🏳️‍🌈', 'a b'])(
    'may be of any script: %s',
    (text) => {
      expect(isVisibleName(text)).toBe(true)
    },
  )
})
