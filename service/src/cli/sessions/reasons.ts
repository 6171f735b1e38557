import type { EndReason } from 'sojourn'

/** What an end means to a person who asks why, and what to do about it. */
export interface Explanation {
  /** Who or what ended it, as a sentence. */
  readonly what: string
  readonly advice: string
}

/** One for each reason there is. */
export const EXPLANATIONS: Readonly<Record<EndReason, Explanation>> = {
  expired_idle: {
    what: 'It was not used for longer than the idle time.',
    advice:
      'Nothing is wrong. Where people lose work by it, raise SESSION_IDLE, or let them be remembered.',
  },
  expired_absolute: {
    what: 'It had lasted for as long as any session may, however much it was used.',
    advice: 'Nothing is wrong: signing in again starts the next. SESSION_TTL is the limit.',
  },
  logged_out: {
    what: 'The person signed out in that browser, or its token was revoked.',
    advice: 'Nothing, unless the person knows nothing of it: then see `sojourn audit --subject`.',
  },
  logged_out_elsewhere: {
    what: 'The person ended it from another device, by the list of devices or by signing out everywhere.',
    advice: 'If the person did not do that, end all sessions, and let the password be changed.',
  },
  revoked_admin: {
    what: 'An operator ended it, by the admin API or by `sojourn sessions end`.',
    advice: 'Who and when: `sojourn audit --event admin.acted`.',
  },
  evicted_limit: {
    what: 'The person signed in on one more device than SESSION_MAX_PER_USER allows; the oldest session went.',
    advice: 'Raise SESSION_MAX_PER_USER where people have that many devices.',
  },
  refresh_reuse: {
    what: 'A refresh token came in that had been exchanged already: it was copied, or a client sent it twice.',
    advice:
      'Look where both came from: `sojourn audit --event refresh.reused`. A client that loses answers needs JWT_REFRESH_GRACE.',
  },
  anomaly: {
    what: 'It was used in a way that did not fit: another network, country or browser than before.',
    advice: 'Ask the person. The signals stand in `sojourn audit --subject`.',
  },
  password_changed: {
    what: 'The password was changed, which ends every other session.',
    advice: 'If the person did not change it, the account is in other hands: disable it.',
  },
  key_retired: {
    what: 'The key or secret that it depended on was retired.',
    advice:
      'Signing in again is all there is to do. To rotate without this, keep the old secret behind the new one.',
  },
  subject_disabled: {
    what: 'The account was disabled.',
    advice: 'Enable it by the admin API if that was a mistake; the person then signs in again.',
  },
  signed_in: {
    what: 'It was the visit of a guest who then signed in: the session after that took over.',
    advice:
      'Nothing. If the person is not signed in now, look for the later session with `sojourn sessions list --subject`.',
  },
  signed_in_again: {
    what: 'Somebody signed in anew in the same browser; the session after that took over.',
    advice: 'Nothing. The later session is in `sojourn sessions list --subject`.',
  },
  replaced: {
    what: 'The application replaced it with another.',
    advice: 'Nothing. The later session is in `sojourn sessions list --subject`.',
  },
  unknown: {
    what: 'It ended, and the reason is not known: a later version wrote it, or only the end of all sessions is left.',
    advice: '`sojourn audit --subject` may know more.',
  },
}
