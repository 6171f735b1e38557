import { SojournError } from '../../errors.js'
import { refusal, checkSubject } from '../../session/start.js'
import type { EndReason } from '../../store/end-reason.js'
import type { SessionRecord } from '../../store/record.js'
import type {
  ClassicStore,
  RegenerateOptions,
  SessionRequest,
} from '../express-session/contract.js'
import { ledgerOf } from '../express-session/ledger.js'
import { isOfOneSession } from '../express-session/regenerate.js'
import { Session } from '../express-session/session.js'
import { Baseline, isSameCookie } from './baseline.js'
import { takeSnapshot, toKey, type Snapshot } from './codec.js'
import { endRecord } from './end.js'
import { idleFor, type Keeping } from './keeping.js'
import { restingName } from './sid.js'
import { newSession } from './write.js'

/** So long requests that are under way are still served as the guest they were. Milliseconds. */
export const SIGN_IN_GRACE = 30_000

/** Who asks for a login, and where. */
export interface LoginScene {
  readonly request: SessionRequest
  readonly subject: string
  readonly keep: RegenerateOptions['keep']
  /** The store that the middleware gave its `generate`. */
  readonly store: ClassicStore
}

/**
 * Starts a session for a subject in place of the one that `request` has. It is stored when this resolves. Throws with
 * nothing changed: `InvalidInput` for a subject that is none, `SessionRefused` where it may have no more sessions,
 * `StoreUnavailable`.
 */
export async function login(keeping: Keeping, scene: LoginScene): Promise<void> {
  const { request, subject } = scene
  const { baselines, core } = keeping
  checkSubject(subject)
  const before = request.session
  if (!before) throw new SojournError('session_ended', 'There is no session to sign in with.')
  const old = baselines.of(before)
  const snapshot = takeSnapshot(before)
  const next = successorOf(scene, core.store.bucketOf(subject))
  const moving = keysToMove(snapshot, old, scene)
  for (const key of moving) next[key] = before[key]
  if (isCookieChanged(snapshot, old, next)) next.cookie = before.cookie
  const fresh = await createFor(keeping, scene, next)
  await leave(keeping, old, fresh, subject)
  request.sessionID = next.id
  request.session = next
  baselines.set(next, fresh)
  ledgerOf(before)?.follow(next)
  ledgerOf(next)?.noteSave(next)
}

/** A new session of the request, which still has the one before. Its id leads to the bucket of the subject. */
function successorOf({ request, store }: LoginScene, bucket: string): Session {
  const { sessionID, session } = request
  try {
    store.generate(request)
    const template = request.session as Session
    request.sessionID = `${bucket}.${String(request.sessionID)}`
    const next = new Session(request)
    next.cookie = template.cookie
    return next
  } finally {
    request.sessionID = sessionID
    request.session = session
  }
}

/** What moves on. Of somebody else's session only what this request set: it was set for the person who signs in now. */
function keysToMove(
  { data }: Snapshot,
  old: Baseline | undefined,
  { subject, keep }: LoginScene,
): string[] {
  const isUnsaved = (entry: string): boolean => old?.json(entry) !== data.get(entry)
  const isStranger = old?.subject !== undefined && old.subject !== subject
  const isKept = (key: string): boolean =>
    typeof keep === 'object'
      ? keep.includes(key)
      : keep !== false && !isStranger && !isOfOneSession(key)
  return [...data.keys()].flatMap((entry) => {
    const key = toKey(entry)
    return key !== undefined && (isUnsaved(entry) || isKept(key)) ? [key] : []
  })
}

/** Whether this request said something of the cookie, such as "remember me". */
function isCookieChanged(snapshot: Snapshot, old: Baseline | undefined, next: Session): boolean {
  if (old?.isKept === true) return old.patchCookie(snapshot).set.size > 0
  return !isSameCookie(snapshot.cookie, takeSnapshot(next).cookie)
}

async function createFor(keeping: Keeping, scene: LoginScene, next: Session): Promise<Baseline> {
  const { core, clock, mirror } = keeping
  const { subject, request } = scene
  const { limit } = core.settings
  const name = restingName(next.id)
  const fresh = new Baseline(next.id, name)
  const snapshot = takeSnapshot(next)
  const client = clientOf(request)
  const result = await core.store.create({
    ...newSession(keeping, fresh, snapshot, Math.max(1, idleFor(keeping, snapshot))),
    subject,
    traits: traitsOf(core.deviceTraits(client)),
    ...(limit === undefined ? {} : { limit }),
  })
  if (result.status === 'refused') throw refusal(core.events, subject, result.reason)
  const { record, evicted } = result
  const { address } = client
  core.events.emit('session.started', { id: name.id, subject, methods: [], address })
  for (const id of evicted) {
    core.events.emit('session.ended', { id, subject, reason: 'evicted_limit' })
  }
  fresh.learn(record, record.createdAt, clock.elapsed())
  await undoing(keeping, fresh, async () => mirror?.showNew(next.id, name, record))
  return fresh
}

/** Ends the session before. A guest's is served for a moment yet: requests under way carry it. */
async function leave(
  keeping: Keeping,
  old: Baseline | undefined,
  fresh: Baseline,
  subject: string,
): Promise<void> {
  if (old?.isKept !== true) return
  const [reason, after] = farewell(old.subject, subject)
  await undoing(keeping, fresh, async () => {
    await endRecord(keeping, old.id, reason, after)
    await keeping.mirror?.remove(old.sid, after)
  })
}

function farewell(before: string | undefined, subject: string): [EndReason, number] {
  if (before === undefined) return ['signed_in', SIGN_IN_GRACE]
  return [before === subject ? 'signed_in_again' : 'logged_out', 0]
}

/** Where `job` fails, the new session must not stay: nobody was given it. */
async function undoing(
  keeping: Keeping,
  fresh: Baseline,
  job: () => Promise<unknown>,
): Promise<void> {
  try {
    await job()
  } catch (error) {
    await endRecord(keeping, fresh.id, 'replaced').catch(() => false)
    throw error
  }
}

function clientOf(request: SessionRequest): { address: string; userAgent: string | undefined } {
  // Express' `req.ip` follows its own `trust proxy`.
  const { ip } = request as { ip?: unknown }
  const socket = request.socket as { remoteAddress?: string } | undefined
  const agent = (request.headers as { 'user-agent'?: string } | undefined)?.['user-agent']
  return {
    address: typeof ip === 'string' ? ip : (socket?.remoteAddress ?? ''),
    userAgent: agent,
  }
}

function traitsOf(device: SessionRecord['traits']): SessionRecord['traits'] {
  return Object.fromEntries(Object.entries(device).filter(([, value]) => value !== ''))
}
