/** Why a session ended. Told to the holder of the session alone (behaviour 9a), counted for everybody. */
export const END_REASONS = [
  'expired_idle',
  'expired_absolute',
  'logged_out',
  'logged_out_elsewhere',
  'revoked_admin',
  'evicted_limit',
  'refresh_reuse',
  'anomaly',
  'password_changed',
  'key_retired',
  'subject_disabled',
  'signed_in',
  'signed_in_again',
  'replaced',
  'unknown',
] as const

/** One of {@link END_REASONS}. */
export type EndReason = (typeof END_REASONS)[number]

/** Reads an end reason from text at rest; a word from a newer version becomes `unknown`. */
export function toEndReason(text: string | undefined): EndReason {
  return END_REASONS.find((reason) => reason === text) ?? 'unknown'
}
