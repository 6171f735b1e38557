import { z } from 'zod'
import { clearBody, limitQuery } from '../../route/admin/limits.js'
import { json, jsonOrPage, refuses } from '../answers.js'
import type { Paths } from '../operation.js'
import { done, instant, NOW } from '../shapes.js'
import { toPage, toSignIn } from './admin-sessions.js'

const rule = z
  .object({
    limit: z.string(),
    quota: z.int(),
    window: z.int().meta({ description: 'Milliseconds.' }),
    by: z.enum(['ip', 'account', 'account_network']),
  })
  .meta({ id: 'Limit', description: 'How often something may be done, by whom.' })
const RULE = { limit: 'account_network', quota: 5, window: 900_000, by: 'account_network' }
const counted = z
  .object({
    limit: z.string(),
    whose: z.string(),
    remaining: z.int(),
    quota: z.int(),
    isLocked: z.boolean(),
    freeAt: instant.nullable().meta({ description: 'When one more is allowed; null: now.' }),
    resetsAt: instant.nullable().meta({ description: 'When nothing is counted any more.' }),
  })
  .meta({ id: 'CountedLimit', description: 'How somebody stands under a limit.' })
const COUNTED = {
  limit: 'account_network',
  whose: 'ada from 203.0.113.7',
  remaining: 0,
  quota: 5,
  isLocked: true,
  freeAt: NOW,
  resetsAt: NOW,
}
const noUser = refuses('No such user.', ['user_unknown'])

export const adminLimits: Paths = {
  '/admin/limits': {
    get: {
      id: 'showLimits',
      summary: 'The limits in force, and how somebody stands',
      about:
        'Of a person (a name, an address or an id), of an address, or of the one from the other. Counts are kept under keyed digests: they can be looked up, not listed. Looking counts nothing.',
      who: 'admin',
      query: limitQuery,
      answers: {
        200: jsonOrPage(
          'Them.',
          z.object({ rules: z.array(rule), counts: z.array(counted).nullable() }),
          { rules: [RULE], counts: [COUNTED] },
        ),
        ...toSignIn,
        404: noUser,
      },
    },
  },
  '/admin/limits/clear': {
    get: {
      id: 'askClearLimits',
      summary: 'What would be cleared',
      who: 'admin',
      query: limitQuery,
      answers: {
        200: jsonOrPage('It.', z.object({ counts: z.array(counted) }), { counts: [COUNTED] }),
        ...toSignIn,
        404: noUser,
      },
    },
    post: {
      id: 'clearLimits',
      summary: 'Give somebody a fresh start',
      about: 'Also lifts the locks of that person from every network.',
      who: 'admin',
      takes: clearBody,
      example: { person: 'ada' },
      answers: {
        200: json('Cleared.', done.extend({ cleared: z.array(z.string()) }), {
          success: true,
          cleared: ['account'],
        }),
        ...toPage,
        404: noUser,
      },
    },
  },
}
