import { AUDITED_EVENTS } from 'sojourn/telemetry'
import { z } from 'zod'
import { optionalBody } from '../../http/index.js'
import { sessionPage, userPage } from '../../route/admin/people.js'
import { recordPage } from '../../route/admin/records.js'
import { idListBody } from '../../route/admin/sessions.js'
import { json, refuses } from '../answers.js'
import type { Answer, Chapter, Method, Operation } from '../operation.js'
import {
  count,
  counted,
  done,
  instant,
  next,
  NOW,
  SESSION_ID,
  sessionId,
  user,
  USER,
  USER_ID,
} from '../shapes.js'

const person = user
  .extend({
    role: z.enum(['user', 'admin']),
    createdAt: instant,
    passwordChangedAt: instant,
    disabledAt: instant.nullable(),
  })
  .meta({ id: 'Account', description: 'A person, as administrators see them.' })
const PERSON = { ...USER, role: 'user', createdAt: NOW, passwordChangedAt: NOW, disabledAt: null }
const held = z
  .object({
    id: sessionId,
    createdAt: instant,
    lastSeenAt: instant,
    authenticatedAt: instant.nullable(),
    expiresAt: instant.nullable(),
    address: z.string().nullable(),
    device: z.string().nullable(),
    methods: z.array(z.string()),
    actor: z.string().nullable().meta({ description: 'Who acts for this person in it.' }),
  })
  .meta({ id: 'HeldSession', description: 'A session, as administrators see it.' })
const HELD = {
  id: SESSION_ID,
  createdAt: NOW,
  lastSeenAt: NOW,
  authenticatedAt: NOW,
  expiresAt: NOW,
  address: '203.0.113.7',
  device: 'desktop|Firefox on Linux',
  methods: ['pwd'],
  actor: null,
}
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

const path = z.object({ id: z.string().meta({ examples: [USER_ID] }) })
const sessionPath = z.object({ id: z.string().meta({ examples: [SESSION_ID] }) })
const noUser = refuses('No such user.', ['user_unknown'])
const ended = json('They have ended.', counted, { success: true, count: 3 })
const isDone = json('Done.', done, { success: true })

/** An act on one person. */
function act(name: string, summary: string, about: string, answer: Answer) {
  const operation: Operation = {
    ...{ id: name, summary, about, who: 'admin', path, takes: optionalBody() },
    answers: { 200: answer, 404: noUser },
  }
  return { post: operation } satisfies Partial<Record<Method, Operation>>
}

export const admin: Chapter = {
  name: 'Administration',
  about:
    'For the holder of `ADMIN_TOKEN`; without one set there is nothing of it. Every act is in the audit trail.',
  paths: {
    '/admin/users': {
      get: {
        id: 'findUsers',
        summary: 'Find people by name or address',
        who: 'admin',
        query: userPage,
        answers: {
          200: json('A page of them.', z.object({ users: z.array(person), next }), {
            users: [PERSON],
            next: null,
          }),
        },
      },
    },
    '/admin/users/{id}': {
      get: {
        id: 'showUser',
        summary: 'One person',
        who: 'admin',
        path,
        answers: {
          200: json('The account.', z.object({ user: person }), { user: PERSON }),
          404: noUser,
        },
      },
    },
    '/admin/users/{id}/sessions': {
      get: {
        id: 'showUserSessions',
        summary: 'The sessions of a person',
        who: 'admin',
        path,
        query: sessionPage,
        answers: {
          200: json('A page of them.', z.object({ sessions: z.array(held), next }), {
            sessions: [HELD],
            next: null,
          }),
          404: noUser,
        },
      },
    },
    '/admin/users/{id}/end-sessions': act(
      'endUserSessions',
      'End all sessions of a person',
      'They may sign in again.',
      ended,
    ),
    '/admin/users/{id}/disable': act(
      'disableUser',
      'Switch a person off',
      'Ends all their sessions; they cannot sign in until they are switched on.',
      ended,
    ),
    '/admin/users/{id}/enable': act('enableUser', 'Switch a person on', 'The opposite.', isDone),
    '/admin/users/{id}/unlock': act(
      'unlockUser',
      'Lift the wait after failed sign-ins',
      'The counters start anew.',
      isDone,
    ),
    '/admin/sessions/{id}': {
      delete: {
        id: 'endAnySession',
        summary: 'End one session',
        who: 'admin',
        path: sessionPath,
        takes: optionalBody(),
        answers: {
          200: json('It has ended.', done.extend({ id: sessionId }), {
            success: true,
            id: SESSION_ID,
          }),
          404: refuses('No such session.', ['session_unknown']),
        },
      },
    },
    '/admin/sessions/revoke': {
      post: {
        id: 'endListedSessions',
        summary: 'End up to 100 sessions',
        who: 'admin',
        takes: idListBody,
        example: { ids: [SESSION_ID] },
        answers: {
          200: json(
            'Those that lived have ended.',
            counted.extend({ ended: z.array(z.string()) }),
            {
              success: true,
              count: 1,
              ended: [SESSION_ID],
            },
          ),
        },
      },
    },
    '/admin/end-all-sessions': {
      post: {
        id: 'endEverySession',
        summary: 'End all sessions of everybody',
        who: 'admin',
        takes: optionalBody(),
        answers: {
          200: json('They have ended.', done.extend({ count, users: z.int() }), {
            success: true,
            count: 1_204,
            users: 873,
          }),
        },
      },
    },
    '/admin/audit': {
      get: {
        id: 'showAudit',
        summary: 'The audit trail, newest first',
        who: 'admin',
        query: recordPage,
        answers: {
          200: json('A page of it.', z.object({ records: z.array(record), next }), {
            records: [RECORD],
            next: null,
          }),
          404: noUser,
        },
      },
    },
  },
}
