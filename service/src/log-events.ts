import type { EventName, SojournEvents } from 'sojourn'
import type { Logger } from './log/index.js'
import type { Parts } from './parts.js'

/** How loud each event of the catalogue is in the log. Events hold public facts only. */
const LEVELS: Readonly<Record<keyof SojournEvents, 'info' | 'warn' | 'error' | 'debug'>> = {
  'session.started': 'info',
  'session.renewed': 'info',
  'session.ended': 'info',
  'session.refused': 'warn',
  'subject.revoked': 'info',
  'subject.disabled': 'warn',
  'subject.enabled': 'warn',
  'refresh.rotated': 'debug',
  'refresh.reused': 'error',
  'refresh.refused': 'warn',
  'impersonation.started': 'warn',
  'signin.failed': 'warn',
  'signin.locked': 'warn',
  'signin.unlocked': 'warn',
  'signin.suspicious': 'warn',
  'credential.changed': 'info',
  'request.refused': 'warn',
  'anomaly.detected': 'warn',
  'admin.acted': 'warn',
  'credential.rejected': 'warn',
  'write.refused': 'info',
  'data.conflict': 'debug',
  'data.invalid': 'warn',
  'store.failed': 'error',
  'store.corrupt': 'error',
  'store.breaker': 'warn',
  'store.rollback': 'error',
  'store.reset': 'error',
  'store.clock_skew': 'warn',
  'cookie.diagnostic': 'warn',
}

/** Writes each event of the session core as one line. */
export function logEvents(sojourn: Pick<Parts['sojourn'], 'on'>, log: Logger): void {
  for (const name of Object.keys(LEVELS) as EventName[]) {
    sojourn.on(name, (event) => {
      log[LEVELS[name]]({ event: name, ...event }, name)
    })
  }
}
