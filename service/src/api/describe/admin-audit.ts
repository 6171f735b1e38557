import { AUDITED_EVENTS } from 'sojourn/telemetry'
import { z } from 'zod'
import { recordExport } from '../../route/admin/record-export.js'
import { recordPage } from '../../route/admin/records.js'
import { jsonOrPage, refuses } from '../answers.js'
import type { Answer, Paths } from '../operation.js'
import { instant, next, NOW, USER_ID } from '../shapes.js'
import { toSignIn } from './admin-sessions.js'

const record = z
  .object({
    id: z.string(),
    at: instant,
    event: z.enum([...AUDITED_EVENTS, 'audit.dropped']),
    outcome: z.enum(['success', 'failure', 'refused', 'notice']),
    subject: z.string().optional(),
    actor: z.string().optional(),
    sessionId: z.string().optional(),
    address: z.string().optional(),
    agent: z.string().optional(),
    code: z.string().optional(),
    requestId: z.string().optional(),
    method: z.string().optional(),
    path: z.string().optional(),
    details: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).optional(),
  })
  .meta({ id: 'AuditRecord', description: 'One line of the audit trail.' })
const RECORD = {
  id: '0mf2x9k3a-Hs6jBm3rWt8z',
  at: NOW,
  event: 'session.started',
  outcome: 'success',
  subject: USER_ID,
}

const noUser = refuses('No such user.', ['user_unknown'])
const follow = z.string().optional().meta({
  description:
    'Asks for what is newer, with the same filters; such a question is not in the trail.',
})

/** A file, as long as the connection lasts. */
const exported: Answer = {
  description: 'The records. Where there are more, `Link` has the rest, and the name says so.',
  headers: {
    'Content-Disposition': { schema: { type: 'string' }, required: true },
    Link: { schema: { type: 'string' }, description: 'The next part (`rel="next"`).' },
  },
  content: {
    'application/json': {
      schema: z.object({ records: z.array(record), next }),
      example: { records: [RECORD], next: null },
    },
    'application/x-ndjson': { schema: z.string() },
    'text/csv': { schema: z.string() },
  },
}

export const adminAudit: Paths = {
  '/admin/audit': {
    get: {
      id: 'showAudit',
      summary: 'The audit trail, newest first',
      about:
        '`event` is an event or a group of them; `person` and `actor` a name, an address or an id; `address` an address or a network, as far as the trail keeps them; `from` and `to` are UTC.',
      who: 'admin',
      query: recordPage,
      answers: {
        200: jsonOrPage('A page of it.', z.object({ records: z.array(record), next, follow }), {
          records: [RECORD],
          next: null,
        }),
        ...toSignIn,
        404: noUser,
      },
    },
  },
  '/admin/audit/export': {
    get: {
      id: 'exportAudit',
      summary: 'The audit trail as a file',
      about: 'With the same filters. Newest first, at most 100,000 records.',
      who: 'admin',
      query: recordExport,
      answers: { 200: exported, ...toSignIn, 404: noUser },
    },
  },
}
