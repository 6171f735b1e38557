import { SessionEnded } from '../../session/commit.js'
import type { EndReason } from '../../store/end-reason.js'
import type { Change, NewSession } from '../../store/store.js'
import { Baseline, type Patch } from './baseline.js'
import { MIRRORED, takeSnapshot, toEntries, type Snapshot } from './codec.js'
import { idleAtRest, idleFor, touchEvery, type Keeping } from './keeping.js'
import { lookAt } from './look.js'
import { restingName } from './sid.js'

/**
 * Stores a session: what its object changed since it was read or last stored, and nothing else. Where there is no record
 * yet, one is created; where the session has ended, nothing is written.
 *
 * Throws `SessionEnded`; whatever `JSON.stringify` throws; and `StoreUnavailable`.
 */
export async function save(keeping: Keeping, sid: string, session: object): Promise<void> {
  const snapshot = takeSnapshot(session)
  const baseline = baselineFor(keeping, sid, session)
  await baseline.inTurn(() =>
    exclusively(keeping, baseline, () => write(keeping, baseline, snapshot)),
  )
}

/**
 * The baseline of an object that came out of the store, or is the session of a request. Data that a program hands in has
 * none: it takes the place of everything that was there.
 */
function baselineFor({ baselines }: Keeping, sid: string, session: object): Baseline {
  const known = baselines.find(session, sid)
  if (known !== undefined) return known
  const fresh = new Baseline(sid, restingName(sid))
  if (typeof (session as { reload?: unknown }).reload === 'function') baselines.set(session, fresh)
  return fresh
}

/** Writes of one session follow each other where they are mirrored: what is shown elsewhere must be the later one. */
function exclusively(
  { mirror }: Keeping,
  { id }: Baseline,
  job: () => Promise<void>,
): Promise<void> {
  return mirror?.isMirroring === true ? mirror.inTurn(id, job) : job()
}

async function write(keeping: Keeping, baseline: Baseline, snapshot: Snapshot): Promise<void> {
  if (baseline.endReason !== undefined) throw refuse(keeping, baseline, baseline.endReason)
  const idle = idleFor(keeping, snapshot)
  if (idle <= 0) await expire(keeping, baseline)
  else if (baseline.isKept) await patch(keeping, baseline, snapshot, idle)
  else await begin(keeping, baseline, snapshot, idle)
}

/** The application gave the cookie no time to live. */
async function expire({ core, mirror }: Keeping, baseline: Baseline): Promise<void> {
  const reason: EndReason = 'expired_idle'
  const result = await core.store.end(baseline.id, reason)
  if (result.status === 'ended') {
    const { id, subject } = result.record
    core.events.emit('session.ended', { id, subject, reason })
  }
  baseline.endReason = reason
  await mirror?.remove(baseline.sid)
}

async function begin(
  keeping: Keeping,
  baseline: Baseline,
  snapshot: Snapshot,
  idle: number,
): Promise<void> {
  const { core, clock, mirror } = keeping
  const result = await core.store.create(newSession(keeping, baseline, snapshot, idle))
  if (result.status === 'created') {
    const { record } = result
    baseline.learn(record, record.createdAt, clock.elapsed())
    const { id, subject } = record
    core.events.emit('session.started', { id, subject, methods: [], address: '' })
    await mirror?.showNew(baseline.sid, baseline.name, record)
    return
  }
  const answer = await core.store.read(baseline.id)
  const look = lookAt(answer, baseline.name)
  if (look.state !== 'live') {
    throw refuse(keeping, baseline, look.state === 'over' ? look.reason : 'unknown')
  }
  baseline.learn(look.record, look.now, clock.elapsed())
  await patch(keeping, baseline, snapshot, idle)
}

/** A session of nobody, as it is created. */
export function newSession(
  keeping: Keeping,
  { sid, name }: Baseline,
  snapshot: Snapshot,
  idle: number,
): NewSession {
  const isMirrored = keeping.mirror?.isMirroring === true
  const mark: [string, string][] = isMirrored ? [[MIRRORED, JSON.stringify(sid)]] : []
  return {
    ...name,
    subject: undefined,
    idleTimeout: idleAtRest(keeping, idle),
    absoluteTimeout: keeping.core.settings.lifetimes.signedIn.absolute,
    traits: {},
    data: new Map([...toEntries(snapshot), ...mark]),
  }
}

async function patch(
  keeping: Keeping,
  baseline: Baseline,
  snapshot: Snapshot,
  idle: number,
): Promise<void> {
  const difference = baseline.patchTo(snapshot)
  if (!isAny(difference) && baseline.isIdleTimeout(idleAtRest(keeping, idle))) {
    await markSeen(keeping, baseline, idle)
    return
  }
  await apply(keeping, baseline, difference, idle)
}

/** Writes a change that was worked out, and shows it to old nodes. */
async function apply(
  keeping: Keeping,
  baseline: Baseline,
  difference: Patch,
  idle: number,
): Promise<void> {
  const { core, clock, touches, mirror } = keeping
  const before = baseline.copy()
  const change = toChange(baseline, difference, idleAtRest(keeping, idle))
  const result = await core.store.change(baseline.id, change)
  if (result.status === 'gone') throw refuse(keeping, baseline, result.ending?.reason)
  if (result.status !== 'changed') throw new Error(`A plain change was answered ${result.status}.`)
  if (result.conflicts > 0) noteConflicts(keeping, baseline, result.conflicts)
  baseline.wrote(change, result.revision, clock.elapsed())
  touches.note(baseline.id)
  const look = await mirror?.show(before)
  if (look?.state === 'over') throw refuse(keeping, baseline, look.reason)
}

function toChange(baseline: Baseline, difference: Patch, idleTimeout: number): Change {
  return {
    seen: true,
    baseRevision: baseline.revision,
    ...(difference.set.size > 0 ? { set: difference.set } : {}),
    ...(difference.delete.length > 0 ? { delete: difference.delete } : {}),
    ...(baseline.isIdleTimeout(idleTimeout) ? {} : { idleTimeout }),
  }
}

function noteConflicts({ core, counts }: Keeping, { id }: Baseline, count: number): void {
  counts.conflicts += count
  core.events.emit('data.conflict', { id, count })
}

function refuse(
  { core, counts }: Keeping,
  baseline: Baseline,
  reason: EndReason = 'unknown',
): SessionEnded {
  baseline.endReason = reason
  counts.refused += 1
  core.events.emit('write.refused', { id: baseline.id, reason })
  return new SessionEnded(reason)
}

/**
 * The session was used: notes that where it is due, and what changed of its cookie. `undefined`: there is nothing to do.
 * A session that has ended stays so, and it is no fault of this request.
 */
export function touch(keeping: Keeping, sid: string, session: object): Promise<void> | undefined {
  const baseline = keeping.baselines.find(session, sid)
  const snapshot = takeCookie(session)
  const idle = idleFor(keeping, snapshot)
  if (baseline === undefined) return markUnknown(keeping, new Baseline(sid, restingName(sid)), idle)
  if (!baseline.isKept || idle <= 0) return undefined
  const difference = baseline.patchCookie(snapshot)
  if (!isAny(difference) && baseline.isIdleTimeout(idleAtRest(keeping, idle))) {
    return isDue(keeping, baseline, idle) ? markSeen(keeping, baseline, idle) : undefined
  }
  return baseline
    .inTurn(() =>
      exclusively(keeping, baseline, () =>
        apply(keeping, baseline, baseline.patchCookie(snapshot), idle),
      ),
    )
    .catch(ignoreEnd)
}

function takeCookie(session: object): Snapshot {
  return takeSnapshot({ cookie: (session as { cookie?: unknown }).cookie })
}

/** An object of which nothing is known: what its session's record says is not asked for. */
function markUnknown(
  keeping: Keeping,
  baseline: Baseline,
  idle: number,
): Promise<void> | undefined {
  const isRecent = keeping.touches.since(baseline.id) < touchEvery(keeping, idle)
  return isRecent || idle <= 0 ? undefined : markSeen(keeping, baseline, idle, true)
}

function isDue(keeping: Keeping, baseline: Baseline, idle: number): boolean {
  const every = touchEvery(keeping, idle)
  const unseenFor = baseline.unseenFor(keeping.clock.elapsed())
  return Math.min(unseenFor, keeping.touches.since(baseline.id)) >= every
}

/** Marks a session as seen where that is due, once for all who come together. That this fails, fails no request. */
async function markSeen(
  keeping: Keeping,
  baseline: Baseline,
  idle: number,
  isCertain: boolean = false,
): Promise<void> {
  if (!isCertain && !isDue(keeping, baseline, idle)) return
  const { core, touches, counts, mirror } = keeping
  let endReason: EndReason | undefined
  try {
    await touches.once(baseline.id, async () => {
      counts.touches += 1
      const result = await core.store.change(baseline.id, { seen: true })
      if (result.status === 'changed') touches.note(baseline.id)
      const isThere = await mirror?.touch(baseline, idle)
      if (result.status === 'gone') endReason = result.ending?.reason ?? 'unknown'
      else if (isThere === false) endReason = 'logged_out'
    })
    // Whoever waited for another one's touch looks at it with the next.
    if (endReason !== undefined) baseline.endReason = endReason
  } catch {
    // The breaker in front of the store has told of it.
  }
}

function isAny(difference: Patch): boolean {
  return difference.set.size + difference.delete.length > 0
}

function ignoreEnd(error: unknown): void {
  if (!(error instanceof SessionEnded)) throw error
}
