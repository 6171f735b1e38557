import { z } from 'zod'
import { json, pageOnly, textOf } from '../answers.js'
import type { Chapter } from '../operation.js'
import { instant, NOW } from '../shapes.js'

const readiness = z.object({
  status: z.enum(['ok', 'degraded', 'draining', 'unavailable']),
  sessions: z.enum(['ok', 'degraded', 'restoring', 'unavailable']),
  accounts: z.enum(['ok', 'unavailable']),
})
const READY = { status: 'ok', sessions: 'ok', accounts: 'ok' }

export const operation: Chapter = {
  name: 'Operation',
  about: 'For load balancers, Prometheus and people on call. None of these touches a session.',
  paths: {
    '/health': {
      get: {
        id: 'getHealth',
        summary: 'The process answers',
        who: 'machine',
        answers: {
          200: json('It does.', z.object({ status: z.literal('ok'), timestamp: instant }), {
            status: 'ok',
            timestamp: NOW,
          }),
        },
      },
    },
    '/health/live': {
      get: {
        id: 'getLiveness',
        summary: 'The same, for a liveness probe',
        who: 'machine',
        answers: { 200: json('It does.', z.object({ status: z.literal('ok') }), { status: 'ok' }) },
      },
    },
    '/health/ready': {
      get: {
        id: 'getReadiness',
        summary: 'Whether to send requests here',
        who: 'machine',
        answers: {
          200: json('Yes. `degraded`: it reads and does not write.', readiness, READY),
          503: json('No.', readiness, { ...READY, status: 'unavailable', sessions: 'unavailable' }),
        },
      },
    },
    '/metrics': {
      get: {
        id: 'getMetrics',
        summary: 'Prometheus text',
        about: 'With the bearer token `METRICS_TOKEN` where one is set, or on a port of its own.',
        who: 'metrics',
        answers: {
          200: textOf('All series.', 'text/plain', '# TYPE sojourn_build_info gauge\n'),
        },
      },
    },
    '/openapi.json': {
      get: {
        id: 'getDescription',
        summary: 'This description (OpenAPI 3.1)',
        who: 'anybody',
        answers: {
          200: json('The description.', z.looseObject({ openapi: z.literal('3.1.0') }), {
            openapi: '3.1.0',
          }),
        },
      },
    },
    '/docs': {
      get: {
        id: 'showReference',
        summary: 'The same as a page to read',
        who: 'anybody',
        answers: { 200: pageOnly('The reference.') },
      },
    },
  },
}
