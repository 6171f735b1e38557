import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createEvents } from '../../../src/session/events.js'
import { createAudit, type AuditRecord } from '../../../src/telemetry/index.js'

const GATHER = 200

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] })
})
afterEach(() => {
  vi.useRealTimers()
})

function kept(write: (records: readonly AuditRecord[]) => unknown, limit = 100, batch = 10) {
  const events = createEvents()
  const audit = createAudit(events, { write, limit, batch })
  const tell = async (count: number): Promise<void> => {
    for (let at = 0; at < count; at += 1) events.emit('subject.enabled', { subject: `s${at}` })
    await new Promise((resolve) => setImmediate(resolve))
  }
  return { audit, tell }
}

const subjects = (records: readonly AuditRecord[]) => records.map(({ subject }) => subject)

describe('before a sink', () => {
  it('records are gathered, and written some at a time, in order', async () => {
    const calls: (readonly AuditRecord[])[] = []
    const { audit, tell } = kept((records) => void calls.push(records))
    await tell(25)
    expect(calls).toEqual([])
    await vi.advanceTimersByTimeAsync(GATHER)
    expect(calls.map(({ length }) => length)).toEqual([10])
    // The rest is a heap already, and then it is none any more.
    await vi.advanceTimersByTimeAsync(10)
    expect(calls.map(({ length }) => length)).toEqual([10, 10])
    await vi.advanceTimersByTimeAsync(GATHER - 1)
    expect(calls).toHaveLength(2)
    await vi.advanceTimersByTimeAsync(1)
    expect(calls.map(({ length }) => length)).toEqual([10, 10, 5])
    expect(subjects(calls.flat())).toEqual(Array.from({ length: 25 }, (_, at) => `s${at}`))
    expect(audit.stats()).toEqual({ written: 25, dropped: 0, failures: 0, waiting: 0 })
  })

  it('behaviour 30c: a sink that is stuck delays nobody; what does not fit is dropped, counted and told of later', async () => {
    let release = (): void => undefined
    const calls: (readonly AuditRecord[])[] = []
    const { audit, tell } = kept(async (records) => {
      calls.push(records)
      if (calls.length === 1) await new Promise<void>((resolve) => (release = resolve))
    })
    await tell(10)
    await vi.advanceTimersByTimeAsync(GATHER)
    const started = performance.now()
    await tell(1_000)
    expect(performance.now() - started).toBeLessThan(200)
    // 100 wait, those that are being written among them.
    expect(audit.stats()).toMatchObject({ waiting: 100, dropped: 910, written: 0 })
    expect(await Promise.race([audit.flush(50), vi.advanceTimersByTimeAsync(100)])).not.toBe(true)
    release()
    await vi.advanceTimersByTimeAsync(20 * GATHER)
    const all = calls.flat()
    expect(all).toHaveLength(101)
    expect(all.at(-1)).toMatchObject({ event: 'audit.dropped', details: { count: 910 } })
    expect(audit.stats()).toEqual({ written: 101, dropped: 910, failures: 0, waiting: 0 })
  })

  it.each([
    ['rejects', async () => Promise.reject(new Error('away'))],
    [
      'throws',
      () => {
        throw new Error('away')
      },
    ],
  ])(
    'one that %s gets the same records again, later and later, and loses none',
    async (_, fail) => {
      const calls: (readonly AuditRecord[])[] = []
      const { audit, tell } = kept((records) => {
        calls.push(records)
        return calls.length <= 3 ? fail() : undefined
      })
      await tell(3)
      for (const wait of [GATHER, 500, 1_000, 2_000]) {
        const before = calls.length
        await vi.advanceTimersByTimeAsync(wait - 1)
        expect(calls).toHaveLength(before)
        await vi.advanceTimersByTimeAsync(1)
        expect(calls).toHaveLength(before + 1)
        expect(subjects(calls.at(-1)!)).toEqual(['s0', 's1', 's2'])
      }
      expect(audit.stats()).toEqual({ written: 3, dropped: 0, failures: 3, waiting: 0 })
    },
  )

  it('stopping writes what waits, and gives up on a sink that is stuck', async () => {
    vi.useRealTimers()
    const calls: (readonly AuditRecord[])[] = []
    const good = kept((records) => void calls.push(records))
    await good.tell(15)
    expect(await good.audit.stop()).toBe(true)
    expect(calls.flat()).toHaveLength(15)
    const stuck = kept(async () => new Promise(() => undefined))
    await stuck.tell(1)
    const started = performance.now()
    expect(await stuck.audit.stop(50)).toBe(false)
    expect(performance.now() - started).toBeLessThan(500)
    const broken = kept(async () => Promise.reject(new Error('away')))
    await broken.tell(1)
    expect(await broken.audit.stop(50)).toBe(false)
  })
})
