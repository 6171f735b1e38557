import type { CookieData } from '../express-session/cookie.js'
import type { StoredSession } from '../express-session/contract.js'
import type { SessionRecord } from '../../store/record.js'

/**
 * How a session of express-session rests in a record: every top-level value as one entry, the cookie as another. Names
 * that begin with `~` are ours; those of applications that do, get another one in front.
 */
export const COOKIE = '~cookie'

/** The entry that says: what is here rests as a legacy record, too, under this session id (which the legacy record's key tells anyway). */
export const MIRRORED = '~mirrored'

const OWN = '~'
/** Never given back: whoever copies it by assignment would change what the copy inherits from. */
const NEVER = '__proto__'

/** What a cookie is at rest. Its expiry is not: it moves with every request, and follows from the rest. */
export type CookieShape = Readonly<Record<string, unknown>>

/** A session object at one instant. */
export interface Snapshot {
  /** JSON text by entry name, without the cookie. */
  readonly data: ReadonlyMap<string, string>
  readonly cookie: CookieShape
  /** The instant at which the cookie expires, where it says one that can be read. */
  readonly expiresAt: number | undefined
}

/** Takes a session apart as `JSON.stringify` would. Throws what that throws: for cycles, and for bigints. */
export function takeSnapshot(session: object): Snapshot {
  const source = asData(session)
  const data = new Map<string, string>()
  for (const key of Object.keys(source)) {
    if (key === 'cookie' || key === NEVER) continue
    const json = JSON.stringify(source[key]) as string | undefined
    if (json !== undefined) data.set(toEntryName(key), json)
  }
  return { data, ...readCookie(source['cookie']) }
}

function asData(session: object): Record<string, unknown> {
  const { toJSON } = session as { toJSON?: unknown }
  const isPlain = typeof toJSON !== 'function'
  return (isPlain ? session : JSON.parse(JSON.stringify(session))) as Record<string, unknown>
}

function readCookie(given: unknown): Pick<Snapshot, 'cookie' | 'expiresAt'> {
  const json = (JSON.stringify(given) as string | undefined) ?? '{}'
  const { expires, ...cookie } = (JSON.parse(json) ?? {}) as Record<string, unknown>
  const expiresAt = typeof expires === 'string' ? Date.parse(expires) : Number.NaN
  if (Number.isNaN(expiresAt)) return { cookie, expiresAt: undefined }
  // Cookies of other makers may know an instant alone. It is all there is, so it rests.
  const isMoving = typeof cookie['originalMaxAge'] === 'number'
  return { cookie: isMoving ? cookie : { ...cookie, expires }, expiresAt }
}

/** The entries of a snapshot, the cookie's included. */
export function toEntries({ data, cookie }: Snapshot): Map<string, string> {
  return new Map([...data, [COOKIE, JSON.stringify(cookie)]])
}

/** What a record holds for applications: JSON text by entry name, without the cookie. */
export function visibleData({ data }: SessionRecord): Map<string, string> {
  const visible = new Map<string, string>()
  for (const [name, { json }] of data) {
    const key = toKey(name)
    if (key !== undefined && key !== NEVER) visible.set(name, json)
  }
  return visible
}

/** The cookie of a record, or `undefined` where there is none that can be read. */
export function cookieOf({ data }: SessionRecord): CookieShape | undefined {
  const json = data.get(COOKIE)?.json
  const shape: unknown = json === undefined ? undefined : parse(json)
  const isShape = typeof shape === 'object' && shape !== null && !Array.isArray(shape)
  return isShape ? (shape as CookieShape) : undefined
}

/**
 * A record as a store of express-session gives it back; `undefined` where it cannot be read. `hostNow` is the host's
 * clock: the expiry is for this process's eyes, whatever the store's clock says.
 */
export function toStored(
  record: SessionRecord,
  now: number,
  hostNow: number,
): StoredSession | undefined {
  const shape = cookieOf(record)
  if (shape === undefined) return undefined
  const stored: StoredSession = { cookie: withExpiry(shape, record.lastSeenAt - now + hostNow) }
  for (const [name, json] of visibleData(record)) {
    const value = parse(json)
    if (value === undefined) return undefined
    stored[toKey(name) as string] = value
  }
  return stored
}

function withExpiry(shape: CookieShape, seenAt: number): CookieData {
  const { originalMaxAge } = shape
  if (typeof originalMaxAge !== 'number') return { originalMaxAge: null, expires: null, ...shape }
  const expires = new Date(seenAt + originalMaxAge)
  const isInstant = !Number.isNaN(expires.valueOf())
  return { ...shape, expires: isInstant ? expires.toISOString() : null }
}

function toEntryName(key: string): string {
  return key.startsWith(OWN) ? OWN + key : key
}

/** The application's name of an entry; `undefined` for one of ours. */
export function toKey(name: string): string | undefined {
  if (!name.startsWith(OWN)) return name
  return name.startsWith(OWN + OWN) ? name.slice(1) : undefined
}

function parse(json: string): unknown {
  try {
    return JSON.parse(json)
  } catch {
    return undefined
  }
}
