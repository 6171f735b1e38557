import type { EventName, SojournEvents } from '../../session/events.js'

/**
 * The inventory of the trail (ASVS 16.1.1): of every event of the catalogue whether it is recorded, and which of
 * its fields say who, what and why. `docs/reference/audit-events.md` is made from it, and a test holds the two together.
 */

/** What became of what was tried. `notice`: nothing was refused, and somebody may want to look. */
export type AuditOutcome = 'success' | 'failure' | 'refused' | 'notice'

/** How one event is recorded. */
export interface AuditEntry<Name extends EventName> {
  /** What happened, in a sentence. */
  readonly about: string
  readonly outcome: AuditOutcome
  /** Whom it happened to, who did it, and in which session: the names of the event's own fields. */
  readonly subject?: keyof SojournEvents[Name]
  readonly actor?: keyof SojournEvents[Name]
  readonly sessionId?: keyof SojournEvents[Name]
  /** The field that says which, or why. */
  readonly code?: keyof SojournEvents[Name]
  /** Further fields that are kept. */
  readonly details?: readonly (keyof SojournEvents[Name])[]
  /** It happened, or was found, apart from any request: the one that was under way has nothing to do with it. */
  readonly isApart?: (event: SojournEvents[Name]) => boolean
  /** It was only reported, not enforced: the outcome is `notice`. */
  readonly isNotice?: (event: SojournEvents[Name]) => boolean
  /** Not every event of the name is recorded, but those that are meant here. */
  readonly only?: { readonly words: string; readonly is: (event: SojournEvents[Name]) => boolean }
}

/** Events that are not recorded, and why. */
export interface Unrecorded {
  readonly about: string
  readonly why: string
}

/** All events, in the order of the table. */
export const AUDIT_CATALOGUE: {
  readonly [Name in EventName]: AuditEntry<Name> | Unrecorded
} = {
  'session.started': {
    about: 'Somebody signed in, or registered.',
    outcome: 'success',
    subject: 'subject',
    sessionId: 'id',
    details: ['methods'],
    only: { words: 'of signed-in people', is: ({ subject }) => subject !== undefined },
  },
  'session.renewed': {
    about: 'Somebody proved again who they are, in the session they had.',
    outcome: 'success',
    subject: 'subject',
    sessionId: 'id',
    only: { words: 'with an authentication', is: ({ isAuthentication }) => isAuthentication },
  },
  'session.ended': {
    about: 'A session ended; the code says how.',
    outcome: 'success',
    subject: 'subject',
    sessionId: 'id',
    code: 'reason',
    isApart: ({ reason }) => reason.startsWith('expired_'),
    only: { words: 'of signed-in people', is: ({ subject }) => subject !== undefined },
  },
  'session.refused': {
    about: 'Somebody proved who they are and got no session.',
    outcome: 'refused',
    subject: 'subject',
    code: 'reason',
  },
  'subject.revoked': {
    about: 'All sessions of a person ended at once.',
    outcome: 'success',
    subject: 'subject',
    code: 'reason',
    details: ['count'],
  },
  'subject.disabled': {
    about: 'A person was switched off.',
    outcome: 'success',
    subject: 'subject',
  },
  'subject.enabled': {
    about: 'A person was switched on again.',
    outcome: 'success',
    subject: 'subject',
  },
  'signin.failed': {
    about: 'A sign-in, or another proof of who somebody is, failed.',
    outcome: 'failure',
    subject: 'subject',
    code: 'reason',
  },
  'signin.locked': {
    about: 'Too many failed: further attempts have to wait.',
    outcome: 'refused',
    subject: 'subject',
    code: 'scope',
    details: ['lockedFor'],
  },
  'signin.unlocked': {
    about: 'The wait was lifted.',
    outcome: 'success',
    subject: 'subject',
    code: 'by',
  },
  'signin.suspicious': {
    about: 'A sign-in, or many, that its person or an operator should hear of.',
    outcome: 'notice',
    subject: 'subject',
    sessionId: 'id',
    code: 'kind',
    details: ['count'],
  },
  'credential.changed': {
    about: 'A password or another way to prove who one is was set, changed or removed.',
    outcome: 'success',
    subject: 'subject',
    code: 'kind',
  },
  'credential.rejected': {
    about: 'Something presented was malformed, foreign, unknown or wrong.',
    outcome: 'refused',
    code: 'code',
  },
  'request.refused': {
    about: 'A guard refused a request, or would have.',
    outcome: 'refused',
    subject: 'subject',
    sessionId: 'id',
    code: 'code',
    details: ['guard', 'check', 'isEnforced'],
    isNotice: ({ isEnforced }) => !isEnforced,
  },
  'anomaly.detected': {
    about: 'A session is used in another way than before.',
    outcome: 'notice',
    subject: 'subject',
    sessionId: 'id',
    code: 'answer',
    details: ['signals', 'isEnforced'],
  },
  'refresh.rotated': {
    about: 'A refresh token was exchanged in another way than the usual one.',
    outcome: 'notice',
    subject: 'subject',
    sessionId: 'id',
    code: 'how',
    only: { words: 'but the usual `rotated`', is: ({ how }) => how !== 'rotated' },
  },
  'refresh.reused': {
    about: 'A spent refresh token came in: somebody has a copy.',
    outcome: 'refused',
    subject: 'subject',
    sessionId: 'id',
  },
  'refresh.refused': {
    about: 'A refresh token was not exchanged.',
    outcome: 'refused',
    code: 'reason',
  },
  'impersonation.started': {
    about: 'Somebody began to act for somebody else.',
    outcome: 'success',
    subject: 'subject',
    actor: 'actor',
    sessionId: 'id',
    details: ['purpose'],
  },
  'admin.acted': {
    about: 'Somebody with the right to do so looked at or changed what belongs to somebody else.',
    outcome: 'success',
    subject: 'subject',
    actor: 'actor',
    sessionId: 'id',
    code: 'act',
    details: ['target'],
  },
  'write.refused': {
    about: 'A request wanted to write to a session that had ended meanwhile.',
    outcome: 'refused',
    sessionId: 'id',
    code: 'reason',
  },
  'data.conflict': { about: 'Two requests wrote the same key.', why: 'Counted and logged.' },
  'data.invalid': { about: 'A value at rest does not fit its schema.', why: 'Logged.' },
  'store.failed': { about: 'The store did not answer.', why: 'Counted and logged as an error.' },
  'store.corrupt': { about: 'A record cannot be read.', why: 'Counted and logged as an error.' },
  'store.breaker': { about: 'The breaker before the store changed.', why: 'Counted and logged.' },
  'store.rollback': {
    about: 'The store lost acknowledged writes.',
    why: 'Counted and logged as an error.',
  },
  'store.reset': { about: 'The store was found empty.', why: 'Counted and logged as an error.' },
  'store.clock_skew': {
    about: 'The clocks of the store and the host differ.',
    why: 'Shown and logged.',
  },
  'cookie.diagnostic': { about: 'A cookie cannot be set.', why: 'Counted and logged.' },
}

/** Names of the events that are recorded. */
export const AUDITED_EVENTS: readonly EventName[] = (
  Object.keys(AUDIT_CATALOGUE) as EventName[]
).filter((name) => entryOf(name) !== undefined)

/** How an event is recorded; `undefined` where it is not. */
export function entryOf<Name extends EventName>(name: Name): AuditEntry<Name> | undefined {
  const entry: AuditEntry<Name> | Unrecorded = AUDIT_CATALOGUE[name]
  return 'outcome' in entry ? entry : undefined
}
