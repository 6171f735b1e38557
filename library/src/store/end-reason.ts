/** Why a session ended. Told to the holder of the session alone (behaviour 9a), counted for everybody. */
export const END_REASONS = [
  /** No request came for as long as the idle timeout. */
  'expired_idle',
  /** The longest time since the sign-in was over. */
  'expired_absolute',
  /** Its person signed out with it. */
  'logged_out',
  /** Its person ended it from another session: one of their devices, or all of them. */
  'logged_out_elsewhere',
  /** An administrator, or the application in their name, ended it. */
  'revoked_admin',
  /** Its person signed in once more and had as many sessions as one may have. */
  'evicted_limit',
  /** A spent refresh token of it came in once more: somebody has a copy. */
  'refresh_reuse',
  /** It was used in another way than before, and the anomaly guard ends such sessions. */
  'anomaly',
  /** The password, or another way to prove who one is, was changed. */
  'password_changed',
  /** A key that it depended on was retired; told by applications that end sessions for it. */
  'key_retired',
  /** Its person was switched off. */
  'subject_disabled',
  /** Its guest signed in: the session goes on under a new id. */
  'signed_in',
  /** Its person signed in again from it: the session goes on under a new id. */
  'signed_in_again',
  /** A new session took its place, in the drop-in for express-session (`regenerate`). */
  'replaced',
  /** A reason that this version does not know, written by a newer one. */
  'unknown',
] as const

/** One of {@link END_REASONS}. */
export type EndReason = (typeof END_REASONS)[number]

/**
 * Who ended a session: its `holder`, by a request with it; its `person`, by another session of theirs; an `administrator`, or the
 * application in their name; the `service` by itself, for time, a limit or a danger; or `unknown`.
 */
export type EndActor = 'holder' | 'person' | 'administrator' | 'service' | 'unknown'

const ACTORS: Readonly<Record<EndReason, EndActor>> = {
  expired_idle: 'service',
  expired_absolute: 'service',
  logged_out: 'holder',
  logged_out_elsewhere: 'person',
  revoked_admin: 'administrator',
  evicted_limit: 'service',
  refresh_reuse: 'service',
  anomaly: 'service',
  password_changed: 'person',
  key_retired: 'administrator',
  subject_disabled: 'administrator',
  signed_in: 'holder',
  signed_in_again: 'holder',
  replaced: 'holder',
  unknown: 'unknown',
}

/**
 * Who ends a session for that reason. A tombstone keeps the reason and the instant, so it says this, too, in no byte more; which
 * administrator it was stands in the audit trail, not where the holder of the session can read it.
 */
export function endActor(reason: EndReason): EndActor {
  return ACTORS[reason]
}

/** Reads an end reason from text at rest; a word from a newer version becomes `unknown`. */
export function toEndReason(text: string | undefined): EndReason {
  return END_REASONS.find((reason) => reason === text) ?? 'unknown'
}
