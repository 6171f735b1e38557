import { describe, expect, it } from 'vitest'
import { EventStream, type StreamResponse } from '../../src/live/event-stream.js'
import { Wheel } from '../../src/live/wheel.js'
import type { SessionFacts } from '../../src/session/facts.js'
import { createManualClock } from '../../src/testing/manual-clock.js'

const MINUTE = 60_000

/** An answer whose client reads, or does not. */
class Answer implements StreamResponse {
  text = ''
  writableLength = 0
  writableEnded = false
  destroyed = false
  head: Readonly<Record<string, string>> = {}
  isRead = true

  writeHead(_status: number, headers: Readonly<Record<string, string>>): void {
    this.head = headers
  }

  write(text: string): void {
    this.text += text
    if (!this.isRead) this.writableLength += text.length
  }

  end(): void {
    this.writableEnded = true
  }

  destroy(): void {
    this.destroyed = true
  }

  once(): void {
    // Nobody goes.
  }

  /** Names of the events since the last call. */
  names(): string[] {
    const names = [...this.text.matchAll(/^event: (\w+)$/gm)].map(([, name = '']) => name)
    this.text = ''
    return names
  }
}

function stage(idle = 60 * MINUTE) {
  const clock = createManualClock()
  const wheel = new Wheel(clock, () => undefined)
  const answer = new Answer()
  const times = { expiringBefore: MINUTE, heartbeat: 15_000 }
  const stream = new EventStream(answer, times, wheel, clock)
  let lastSeenAt = clock.now()
  const source = {
    get facts(): SessionFacts {
      return {
        ...({ id: 'AA.id', subject: 'ada' } as SessionFacts),
        createdAt: lastSeenAt,
        expiresAt: lastSeenAt + 24 * 60 * MINUTE,
        lastSeenAt,
        idleExpiresAt: lastSeenAt + idle,
        serverTime: clock.now(),
      }
    },
    isOpen: true,
    ask: () => stream.onLook(),
  }
  stream.begin(source)
  const pass = (milliseconds: number): void => {
    for (let left = milliseconds; left > 0; left -= 1_000) {
      clock.advance(Math.min(left, 1_000))
      wheel.turn()
    }
  }
  const use = (): void => {
    lastSeenAt = clock.now()
    stream.onLook()
  }
  return { answer, stream, wheel, pass, use }
}

describe('a stream', () => {
  it('warns once of each end, a minute before it, and anew where the session was used', () => {
    const { answer, stream, pass, use } = stage()
    expect(answer.names()).toEqual(['session'])
    pass(58 * MINUTE)
    expect(answer.names()).toEqual([])
    pass(MINUTE + 2_000)
    expect(answer.names()).toEqual(['expiring'])
    pass(30_000)
    stream.onLook()
    expect(answer.names()).toEqual([])
    use()
    expect(answer.names()).toEqual(['extended'])
    pass(58 * MINUTE)
    expect(answer.names()).toEqual([])
    pass(MINUTE + 2_000)
    expect(answer.names()).toEqual(['expiring'])
  })

  it('of a short session warns when two thirds of its time are over', () => {
    const { answer, pass } = stage(30_000)
    answer.names()
    pass(18_000)
    expect(answer.names()).toEqual([])
    pass(3_000)
    expect(answer.names()).toEqual(['expiring'])
  })

  it('says something every fifteen seconds', () => {
    const { answer, pass } = stage()
    answer.names()
    pass(5 * MINUTE)
    const beats = answer.text.split(':\n\n').length - 1
    expect(beats).toBeGreaterThanOrEqual(18)
    expect(beats).toBeLessThanOrEqual(20)
  })

  it('of an end says the reason, of anything else nothing', () => {
    const ended = stage()
    ended.answer.names()
    ended.stream.end({ kind: 'ended', reason: 'logged_out' })
    expect(ended.answer.text).toMatch(/^event: ended\ndata: \{"id":"AA\.id","reason":"logged_out",/)
    expect([ended.answer.writableEnded, ended.wheel.size]).toEqual([true, 0])
    for (const kind of ['away', 'closing', 'pending', 'full'] as const) {
      const { answer, stream, wheel } = stage()
      answer.names()
      stream.end({ kind })
      expect([answer.text, answer.writableEnded, wheel.size]).toEqual(['', true, 0])
    }
  })

  it('whose client does not read is cut off, and takes no more', () => {
    const { answer, stream } = stage()
    answer.isRead = false
    let sent = 0
    while (stream.send('news', 'x'.repeat(1_000)) && sent < 1_000) sent += 1
    expect(sent).toBeLessThan(70)
    expect(answer.destroyed).toBe(true)
    const { length } = answer.text
    expect(stream.send('news', 'more')).toBe(false)
    expect(answer.text).toHaveLength(length)
  })

  it('goes past whatever packs or keeps answers', () => {
    const { answer } = stage()
    expect(answer.head).toEqual({
      'Content-Type': 'text/event-stream; charset=utf-8',
      'Cache-Control': 'no-store, no-transform',
      'X-Accel-Buffering': 'no',
    })
  })
})
