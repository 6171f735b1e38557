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

/** Reads an end reason from text at rest; a word from a newer version becomes `unknown`. */
export function toEndReason(text: string | undefined): EndReason {
  return END_REASONS.find((reason) => reason === text) ?? 'unknown'
}
