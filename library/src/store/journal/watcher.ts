import type { ChangeWatcher } from '../change-feed.js'
import type { Ledger } from './ledger.js'

/** What others end is known here, too, where the store tells of it. */
export function toWatcher(ledger: Ledger): ChangeWatcher {
  return {
    isAgeless: true,
    onSession: () => undefined,
    onSubject: () => undefined,
    onDocument: () => undefined,
    // The line was lost, and perhaps more than that.
    onEverything: () => void ledger.recovery.verify(),
    onEnded(id) {
      ledger.noteEnded(id, 'unknown', undefined)
    },
    onEpoch({ subject, epoch, except }) {
      ledger.noteAllEnded(subject, epoch, 'unknown', except)
    },
  }
}
