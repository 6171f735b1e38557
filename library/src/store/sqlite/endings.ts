import type { Endings } from '../change-feed.js'
import type { Context } from './context.js'

/** Two ranges of indexes: sessions that were ended, and records that rest although their time is over. */
const SESSIONS = `
  SELECT id, ended_at AS endedAt FROM tombstone WHERE ended_at >= ?1 AND forget_at > ?2
  UNION ALL
  SELECT id, expires_at FROM session WHERE expires_at >= ?1 AND expires_at <= ?2`
const SUBJECTS = `
  SELECT subject, epoch, epoch_except AS spared, epoch_at AS endedAt
  FROM subject WHERE epoch_at >= ?`

interface SubjectEnding {
  readonly subject: string
  readonly epoch: number
  readonly spared: string | null
  readonly endedAt: number
}

/** {@link ChangeFeed.endings}. */
export function endings({ connection, now, tombstoneFor }: Context, since: number): Endings {
  const known = Math.max(since, now - tombstoneFor + 1)
  const subjects = connection.all(SUBJECTS, known) as readonly SubjectEnding[]
  return {
    since: known,
    now,
    sessions: connection.all(SESSIONS, known, now) as Endings['sessions'],
    subjects: subjects.map(({ spared, ...rest }) => ({ ...rest, except: spared ?? undefined })),
  }
}
