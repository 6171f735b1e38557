/** The words of the expiry dialog; each can be replaced, all of them for another language. */
export interface ExpiryTexts {
  readonly title: string
  /** @param left - what `left` made of the seconds. */
  readonly body: (left: string) => string
  /** Where nothing can move the end. */
  readonly lastBody: (left: string) => string
  readonly left: (seconds: number) => string
  readonly stay: string
  readonly signOut: string
  /** Closes the dialog where nothing can move the end. */
  readonly dismiss: string
  /** The service could not be reached, so nothing has changed. */
  readonly failed: string
  readonly endedTitle: string
  /** Why it is over. @param reason - an end reason of the service */
  readonly ended: (reason: string) => string
  readonly signIn: string
  readonly close: string
}

const REASONS: Readonly<Record<string, string>> = {
  expired_idle: 'You were away for a while, so we signed you out.',
  expired_absolute: 'You were signed in for the longest time allowed, so we signed you out.',
  logged_out: 'You signed out.',
  logged_out_elsewhere: 'You ended this session from another device.',
  revoked_admin: 'An administrator ended your session.',
  evicted_limit: 'You signed in on another device, and this one was the oldest.',
  refresh_reuse: 'We saw a copy of your sign-in and ended it to protect you.',
  anomaly: 'Something about your session had changed, so we ended it to protect you.',
  password_changed: 'Your password was changed.',
  subject_disabled: 'Your account was switched off.',
}

export const ENGLISH: ExpiryTexts = {
  title: 'Are you still there?',
  body: (left) => `You will be signed out in ${left}. Do you want to stay signed in?`,
  lastBody: (left) => `You will be signed out in ${left}. Please save your work.`,
  left(seconds) {
    const minutes = Math.floor(seconds / 60)
    const rest = seconds % 60
    const inMinutes = minutes === 1 ? '1 minute' : `${minutes} minutes`
    const inSeconds = rest === 1 ? '1 second' : `${rest} seconds`
    if (minutes === 0) return inSeconds
    return rest === 0 ? inMinutes : `${inMinutes} ${inSeconds}`
  },
  stay: 'Stay signed in',
  signOut: 'Sign out now',
  dismiss: 'OK',
  failed: 'We could not reach the service. You are not signed out; please try again.',
  endedTitle: 'You are signed out',
  ended: (reason) => REASONS[reason] ?? 'Your session has ended.',
  signIn: 'Sign in again',
  close: 'Close',
}
