import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createBarStage, createPlainStage, liveText, type Stage } from '../../../src/load/stage.js'

const LIVE = { count: 400, errors: 2, p50: 1.5, p99: 40 }

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

function told(make: (write: (text: string) => void) => Stage): string {
  let text = ''
  const stage = make((words) => void (text += words))
  const end = stage.begin('creating 10 accounts', 10)
  stage.reach(4)
  // A bar is drawn some times a second.
  vi.advanceTimersByTime(300)
  end()
  const over = stage.watch(2_000, () => LIVE)
  vi.advanceTimersByTime(1_150)
  over()
  stage.say('signing everybody out')
  return text
}

describe('how far a load test has come', () => {
  it('is plain lines for logs, without anything that moves a cursor', () => {
    const text = told(createPlainStage)
    expect(text).not.toContain('\u001b')
    const lines = text.trim().split('\n')
    expect(lines).toHaveLength(4)
    expect(lines[0]).toBe('creating 10 accounts …')
    expect(lines[1]).toMatch(/^creating 10 accounts: 4 of 10 done, \d/)
    expect(lines[2]).toMatch(
      /^ {3}1 s {2}400\/s {2}p50 1.50 ms {2}p99 40.0 ms {2}2 errors \(0.5%\)$/,
    )
    expect(lines[3]).toBe('signing everybody out')
  })

  it('is a bar for people, which gives the cursor back', () => {
    const text = told((write) => createBarStage(write, 100))
    expect(text).toContain('4/10')
    expect(text).toMatch(/1\/2 s {2}400\/s {2}p50 1.50 ms/)
    expect(text.lastIndexOf('\u001b[?25h')).toBeGreaterThan(text.lastIndexOf('\u001b[?25l'))
  })

  it('shows no share of nothing', () => {
    expect(liveText(0, { count: 0, errors: 0, p50: 0, p99: 0 })).toContain('0 errors (0%)')
  })
})
