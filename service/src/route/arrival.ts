import { createCursors, type Cursors } from './cursor.js'
import { returnPath } from './respond.js'
import { paths, withQuery } from '../page/index.js'
import type { Parts, Visitor } from '../parts.js'

/** For so long a session that nobody can use may be ended by its reference, in milliseconds. */
const WITHIN = 60_000
const PURPOSE = 'a sign-in whose cookie may not be kept'
const REFERENCE = /^([0-9a-z]{1,9})\.([\w-]{2}\.[\w-]{22})$/

/**
 * Where a browser goes once a form has signed it in. One that sent no cookie may keep none, and would be led back to the sign-in
 * page without a word: it goes there at once, with a sealed reference to the session that began. The reference opens nothing.
 */
export function arrivalPath(parts: Parts, request: Visitor): string {
  const wanted = returnPath(request)
  const { id } = request.session
  if (id === undefined || !mayKeepNone(request)) return wanted
  const began = sealsOf(parts).seal(PURPOSE, `${parts.now().toString(36)}.${id}`)
  return withQuery(paths.signIn, { returnTo: wanted, began })
}

/** Programs keep what they like: this is about browsers, which say that they navigate, or at least where from. */
function mayKeepNone(request: Visitor): boolean {
  if (request.get('cookie') !== undefined) return false
  if (request.get('sec-fetch-mode') === 'navigate') return true
  return request.get('sec-fetch-site') === undefined && request.get('origin') !== undefined
}

/** Whether a sign-in a moment ago has left nothing in this browser. The session that began for nothing is ended. */
export async function wasNothingKept(parts: Parts, request: Visitor): Promise<boolean> {
  const { began } = request.query
  if (typeof began !== 'string' || request.session.isUnknown) return false
  if (request.get('cookie') !== undefined) return false
  const [, time, id] = REFERENCE.exec(sealsOf(parts).open(PURPOSE, began) ?? '') ?? []
  if (time === undefined || id === undefined) return false
  const isLate = parts.now() - parseInt(time, 36) > WITHIN
  if (!isLate) await parts.sojourn.revoke(id, { reason: 'logged_out' })
  return true
}

function sealsOf({ config }: Parts): Cursors {
  return createCursors(config.secrets.session.map((secret) => secret.reveal()))
}
