import { END_REASONS } from 'sojourn'
import { z } from 'zod'
import { optionalBody } from '../../http/index.js'
import { everybodyBody, heldPage, idListBody } from '../../route/admin/sessions.js'
import { browsersGoTo, json, jsonOrPage, refuses } from '../answers.js'
import type { Operation, Paths } from '../operation.js'
import {
  count,
  counted,
  done,
  instant,
  NOW,
  SESSION_ID,
  sessionId,
  USER_ID,
  userId,
} from '../shapes.js'

export const held = z
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
    purpose: z.string().nullable().meta({ description: 'And why.' }),
  })
  .meta({ id: 'HeldSession', description: 'A session, as administrators see it.' })
export const HELD = {
  id: SESSION_ID,
  createdAt: NOW,
  lastSeenAt: NOW,
  authenticatedAt: NOW,
  expiresAt: NOW,
  address: '203.0.113.7',
  device: 'desktop|Firefox on Linux',
  methods: ['pwd'],
  actor: null,
  purpose: null,
}
const over = z
  .object({ reason: z.enum(END_REASONS), endedAt: instant.nullable(), userId: userId.nullable() })
  .meta({ description: 'Where `q` is the id of a session that is over: why.' })
const sessionPath = z.object({ id: z.string().meta({ examples: [SESSION_ID] }) })
/** Whoever is nobody; and a browser after an act. */
export const toSignIn = browsersGoTo('whoever is not signed in, to `/login`')
export const toPage = browsersGoTo('a page of the console, or `/login` for who is not signed in')

const endOne: Omit<Operation, 'id' | 'summary'> = {
  who: 'admin',
  path: sessionPath,
  takes: optionalBody(),
  answers: {
    200: json('It has ended.', done.extend({ id: sessionId }), { success: true, id: SESSION_ID }),
    ...toPage,
    404: refuses('No such session.', ['session_unknown']),
  },
}
/** Sessions, whoever they belong to. */
export const adminSessions: Paths = {
  '/admin/sessions': {
    get: {
      id: 'findSessions',
      summary: 'Find sessions',
      about:
        '`q` is the id of a session, or the name, address or id of a person. Without it: a part of all that live, in no order, which costs what there is; `next` goes on.',
      who: 'admin',
      query: heldPage,
      answers: {
        200: jsonOrPage(
          'A page of them.',
          z.object({
            sessions: z.array(
              held
                .safeExtend({ userId: userId.nullable() })
                .meta({ id: 'FoundSession', description: 'A session, and whose it is.' }),
            ),
            next: z.string().nullable(),
            over: over.nullable(),
          }),
          { sessions: [{ ...HELD, userId: USER_ID }], next: null, over: null },
        ),
        ...toSignIn,
      },
    },
  },
  '/admin/sessions/{id}': {
    delete: { id: 'endAnySession', summary: 'End one session', ...endOne },
  },
  '/admin/sessions/{id}/end': {
    post: { id: 'endAnySessionByForm', summary: 'The same, for pages', ...endOne },
  },
  '/admin/sessions/revoke': {
    post: {
      id: 'endListedSessions',
      summary: 'End up to 100 sessions',
      who: 'admin',
      takes: idListBody,
      example: { ids: [SESSION_ID] },
      answers: {
        ...toPage,
        200: json('Those that lived have ended.', counted.extend({ ended: z.array(z.string()) }), {
          success: true,
          count: 1,
          ended: [SESSION_ID],
        }),
      },
    },
  },
  '/admin/end-all-sessions': {
    post: {
      id: 'endEverySession',
      summary: 'End all sessions of everybody',
      about: 'Of an administrator who has signed in, `confirm` wants the word `everybody`.',
      who: 'admin',
      takes: everybodyBody,
      answers: {
        ...toPage,
        200: json('They have ended.', done.extend({ count, users: z.int() }), {
          success: true,
          count: 1_204,
          users: 873,
        }),
      },
    },
  },
}
