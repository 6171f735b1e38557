import { describe, expect, it } from 'vitest'
import { EndingsLog } from '../../../src/store/redis/feed/endings-log.js'

const session = (at: number): { id: string; endedAt: number } => ({
  id: `AA.${String(at)}`,
  endedAt: at,
})
const ids = (log: EndingsLog, since: number, now: number): string[] =>
  log.read(since, now).sessions.map(({ id }) => id)

describe('the log of what ended', () => {
  it('is complete from the instant on at which it began, until it is forgotten', () => {
    const log = new EndingsLog(1_000)
    expect(log.read(0, 10)).toEqual({ since: 10, now: 10, sessions: [], subjects: [] })
    log.begin(20)
    log.addSession(session(30))
    log.addSession(session(40))
    expect(log.read(0, 50)).toMatchObject({ since: 20, now: 50 })
    expect(ids(log, 40, 50)).toEqual(['AA.40'])
    expect(log.read(45, 50)).toEqual({ since: 45, now: 50, sessions: [], subjects: [] })
    log.forget()
    expect(log.read(0, 60)).toEqual({ since: 60, now: 60, sessions: [], subjects: [] })
    log.begin(70)
    expect(log.read(0, 80)).toMatchObject({ since: 70, sessions: [] })
  })

  it('drops what is too old, and says so', () => {
    const log = new EndingsLog(100)
    log.begin(0)
    for (let at = 10; at <= 200; at += 10) log.addSession(session(at))
    const answer = log.read(0, 250)
    expect(answer.sessions.map(({ endedAt }) => endedAt)).toEqual([150, 160, 170, 180, 190, 200])
    expect(answer.since).toBe(150)
    expect(log.read(0, 1_000)).toMatchObject({ since: 900, sessions: [] })
  })

  it('holds at most 100,000 entries, and is complete only after the last that it dropped', () => {
    const log = new EndingsLog(1_000_000)
    log.begin(0)
    for (let at = 1; at <= 250_000; at += 1) log.addSession(session(at))
    const answer = log.read(0, 250_000)
    expect(answer.sessions).toHaveLength(100_000)
    expect(answer.sessions[0]?.endedAt).toBe(150_001)
    expect(answer.since).toBe(150_001)
  })

  it('misses nothing for whoever asks again with its instant, though the clock is set back', () => {
    const log = new EndingsLog(1_000_000)
    log.begin(5_000)
    const first = log.read(0, 6_000)
    log.addSession(session(2_000))
    const second = log.read(first.now, 2_500)
    expect(second.sessions).toEqual([session(2_000)])
    expect(second.now).toBe(6_000)
    log.addSession(session(3_000))
    expect(ids(log, second.now, 3_500)).toContain('AA.3000')
  })

  it('tells of a subject its last epoch alone', () => {
    const log = new EndingsLog(1_000)
    log.begin(0)
    const ann = { subject: 'ann', except: undefined }
    log.addSubject({ ...ann, epoch: 1, endedAt: 1, except: 'AA.x' })
    log.addSubject({ subject: 'bob', epoch: 4, endedAt: 2, except: undefined })
    log.addSubject({ ...ann, epoch: 2, endedAt: 3 })
    expect(
      log.read(0, 5).subjects.map(({ subject, epoch, except }) => [subject, epoch, except]),
    ).toEqual([
      ['ann', 2, undefined],
      ['bob', 4, undefined],
    ])
  })
})
