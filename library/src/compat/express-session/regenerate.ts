import { isKeeping, type Callback, type ClassicStore, type RegenerateOptions } from './contract.js'
import { ledgerOf } from './ledger.js'
import type { Session } from './session.js'

/**
 * Gives the request of `session` a successor of it. What was set and not saved is the trap here: `req.session.userId =
 * …; req.session.regenerate(…)` lost it without a word for ten years. On our stores it moves on; elsewhere
 * this throws in development, and warns once in production.
 */
export function handOver(session: Session, { keep }: RegenerateOptions, done: Callback): void {
  const { req } = session
  const store = req.sessionStore as ClassicStore
  const unsaved = ledgerOf(session)?.unsaved(session) ?? {}
  if (keep === undefined && !isKeeping(store)) tellOfLoss(Object.keys(unsaved))
  const moving = valuesToMove(session, keep, isKeeping(store) ? unsaved : {})
  store.regenerate(req, (error) => {
    if (req.session) Object.assign(req.session, moving)
    done(error)
  })
}

function valuesToMove(
  session: Session,
  keep: RegenerateOptions['keep'],
  unsaved: Record<string, unknown>,
): Record<string, unknown> {
  if (keep === undefined) return unsaved
  if (keep === false) return {}
  const moves = ([key]: [string, unknown]): boolean =>
    key !== 'cookie' && (keep === true ? !isOfOneSession(key) : keep.includes(key))
  return Object.fromEntries(Object.entries(session).filter(moves))
}

/** What csurf keeps must not outlive the session it protects: a new one gets a new secret. */
export function isOfOneSession(key: string): boolean {
  return key === 'csrfSecret'
}

let isWarned = false

function tellOfLoss(keys: readonly string[]): void {
  if (keys.length === 0) return
  const message =
    `req.session.regenerate() drops what this request set before and never saved: ${keys.join(', ')}. ` +
    'Set it after regenerate, or use regenerate({ keep: true }) or req.session.login(subject).'
  if (process.env['NODE_ENV'] === 'development') {
    throw Object.assign(new Error(message), { code: 'ERR_SESSION_DATA_LOST' })
  }
  if (isWarned) return
  isWarned = true
  process.emitWarning(message, { code: 'SOJOURN_SESSION_DATA_LOST' })
}
