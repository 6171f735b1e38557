import { createAudit, type Audit } from 'sojourn/telemetry'
import type { AuditConfig } from '../config/config.js'
import type { Logger } from '../log/index.js'
import type { Parts } from '../parts.js'
import { deviceLabel } from '../route/respond.js'
import type { NewSignIns } from '../security/index.js'
import type { Trail } from './trail.js'

/** The trail as it is kept while the service runs. */
export interface OpenAudit {
  readonly audit: Audit
  /** Writes what waits, and lets go. */
  close(): Promise<void>
}

/** Old records are looked for this often. */
const SWEEP_EVERY = 3_600_000
/** Rows that one statement deletes: more would hold the database. */
const SWEEP_AT_ONCE = 1_000
/** What stopping waits for at most. */
const LAST_WORDS = 2_000
/** Complaints about records that cannot be written come this often at most. */
const COMPLAIN_EVERY = 60_000

/** Where it is kept, and what else tells of the past and is kept no longer. */
interface Keeping {
  readonly trail: Trail
  readonly newSignIns: Pick<NewSignIns, 'sweep'>
}

/** Keeps the trail of `sojourn` in the database: as rows, and no longer than `retention`. */
export function openAudit(
  sojourn: Parts['sojourn'],
  { trail, newSignIns }: Keeping,
  { retention, address, agent }: AuditConfig,
  { log, now }: { readonly log: Logger; readonly now: () => number },
): OpenAudit {
  const complain = rarely(now, (error) => {
    log.error({ event: 'audit.failed', err: error }, 'The audit trail cannot be written')
  })
  const audit = createAudit(sojourn, {
    privacy: { address, agent, describeAgent: deviceLabel },
    async write(records) {
      try {
        await trail.add(records)
      } catch (error) {
        complain(error)
        throw error
      }
    },
  })
  const sweep = (): void => {
    const before = now() - retention * 1_000
    Promise.all([sweepAll(trail, before), newSignIns.sweep(before)]).catch(complain)
  }
  const timer = setInterval(sweep, SWEEP_EVERY).unref()
  sweep()
  return {
    audit,
    async close() {
      clearInterval(timer)
      const isWritten = await audit.stop(LAST_WORDS)
      if (isWritten) return
      const { waiting } = audit.stats()
      log.error({ event: 'audit.lost', count: waiting }, 'Records of the audit trail are lost')
    },
  }
}

async function sweepAll(trail: Trail, before: number): Promise<void> {
  while ((await trail.sweep(before, SWEEP_AT_ONCE)) === SWEEP_AT_ONCE) {
    // Others come first.
    await new Promise((resolve) => setTimeout(resolve, 100).unref())
  }
}

function rarely(now: () => number, say: (error: unknown) => void): (error: unknown) => void {
  let last = -Infinity
  return (error) => {
    if (now() - last < COMPLAIN_EVERY) return
    last = now()
    say(error)
  }
}
