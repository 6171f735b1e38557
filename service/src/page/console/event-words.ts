import { texts } from '../texts.js'

/** What became of what was tried. */
export const OUTCOMES = ['success', 'failure', 'refused', 'notice'] as const

/** Events that are looked for together. */
export const EVENT_GROUPS = {
  'sign-ins': [
    'session.started',
    'session.renewed',
    'session.refused',
    'signin.failed',
    'signin.locked',
    'signin.unlocked',
    'signin.suspicious',
  ],
  alarms: ['signin.locked', 'signin.suspicious', 'anomaly.detected', 'refresh.reused'],
  refusals: [
    'session.refused',
    'credential.rejected',
    'request.refused',
    'refresh.refused',
    'write.refused',
  ],
  sessions: ['session.started', 'session.renewed', 'session.ended', 'subject.revoked'],
  credentials: ['credential.changed', 'subject.disabled', 'subject.enabled'],
  tokens: ['refresh.rotated', 'refresh.reused', 'refresh.refused'],
  administration: ['admin.acted', 'impersonation.started', 'signin.unlocked'],
} as const satisfies Record<string, readonly (keyof typeof texts.console.happened)[]>

interface Words {
  readonly title: string
  readonly codes?: Readonly<Record<string, string>>
}

/** What happened, in plain words; an event from a newer version stands for itself. */
export function eventWords(event: string, code?: string): string {
  const known: Readonly<Record<string, Words>> = texts.console.happened
  if (!Object.hasOwn(known, event)) return event
  const { title, codes = {} } = known[event] ?? { title: event }
  return code !== undefined && Object.hasOwn(codes, code) ? (codes[code] ?? title) : title
}
