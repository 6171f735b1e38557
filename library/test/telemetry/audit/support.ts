import { createAudit, type AuditOptions, type AuditRecord } from '../../../src/telemetry/index.js'
import type { Auditable } from '../../../src/telemetry/audit/audit.js'
import { hearing } from '../../support/sojourn.js'

/** A trail that is kept in a list. */
export function listening(sojourn: Auditable, options: Partial<AuditOptions> = {}) {
  const records: AuditRecord[] = []
  const audit = createAudit(sojourn, {
    write: (some) => void records.push(...some),
    ...options,
  })
  return {
    audit,
    /** All records so far, once everything told has been heard. */
    async records(): Promise<readonly AuditRecord[]> {
      await hearing()
      await audit.flush()
      return records
    },
  }
}
