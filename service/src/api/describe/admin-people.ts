import { z } from 'zod'
import { optionalBody } from '../../http/index.js'
import { askQuery } from '../../route/admin/confirm.js'
import { reasonBody } from '../../route/admin/impersonation.js'
import { sessionPage, userPage } from '../../route/admin/people.js'
import { roleBody } from '../../route/admin/person-acts.js'
import { browsersGoTo, json, jsonOrPage, refuses } from '../answers.js'
import type { Answer, Method, Operation, Paths } from '../operation.js'
import {
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
  userId,
} from '../shapes.js'
import { held, HELD, toPage, toSignIn } from './admin-sessions.js'

const person = user
  .extend({
    role: z.enum(['user', 'admin']),
    createdAt: instant,
    passwordChangedAt: instant,
    disabledAt: instant.nullable(),
  })
  .meta({ id: 'Account', description: 'A person, as administrators see them.' })
const PERSON = { ...USER, role: 'user', createdAt: NOW, passwordChangedAt: NOW, disabledAt: null }

const path = z.object({ id: z.string().meta({ examples: [USER_ID] }) })
const noUser = refuses('No such user.', ['user_unknown'])
const ended = json('They have ended.', counted, { success: true, count: 3 })
const isDone = json('Done.', done, { success: true })

/** An act on one person. */
function act(
  name: string,
  summary: string,
  about: string,
  answer: Answer,
  more: Partial<Operation> = {},
) {
  const { answers, ...rest } = more
  const operation: Operation = {
    ...{ id: name, summary, about, who: 'admin', path, takes: optionalBody(), ...rest },
    answers: { 200: answer, ...toPage, 404: noUser, ...answers },
  }
  return { post: operation } satisfies Partial<Record<Method, Operation>>
}

const isLast = {
  409: refuses('The last administrator keeps the role, and stays on.', ['last_administrator']),
}
const asked = z.object({
  question: z.string(),
  effect: z.string(),
  method: z.literal('POST'),
  path: z.string(),
  body: z.record(z.string(), z.string()),
})

/** People, what is done to them, and acting for them. */
export const adminPeople: Paths = {
  '/admin/users': {
    get: {
      id: 'findUsers',
      summary: 'Find people by name or address',
      who: 'admin',
      query: userPage,
      answers: {
        ...toSignIn,
        200: jsonOrPage('A page of them.', z.object({ users: z.array(person), next }), {
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
        ...toSignIn,
        200: jsonOrPage(
          'The account; as a page with sessions and events.',
          z.object({ user: person }),
          { user: PERSON },
        ),
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
        ...toSignIn,
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
    { answers: isLast },
  ),
  '/admin/users/{id}/enable': act('enableUser', 'Switch a person on', 'The opposite.', isDone),
  '/admin/users/{id}/unlock': act(
    'unlockUser',
    'Lift the wait after failed sign-ins',
    'The counters start anew.',
    isDone,
  ),
  '/admin/users/{id}/role': act(
    'setUserRole',
    'Make somebody an administrator, or no longer one',
    'Ends their sessions: a role begins with a new sign-in.',
    json('It is so.', counted.extend({ role: z.enum(['user', 'admin']) }), {
      success: true,
      role: 'user',
      count: 1,
    }),
    { takes: roleBody, example: { role: 'user' }, answers: isLast },
  ),
  '/admin/users/{id}/impersonate': act(
    'impersonateUser',
    'Act as a person',
    'For administrators who have signed in with a browser. This browser goes on in a session of that person, for 30 minutes at most, that cannot prove to be them; the session before waits. Nobody acts for an administrator.',
    json('The session is theirs.', done.extend({ id: sessionId, userId, expiresAt: instant }), {
      success: true,
      id: SESSION_ID,
      userId: USER_ID,
      expiresAt: NOW,
    }),
    {
      takes: reasonBody,
      example: { reason: 'ticket 17' },
      answers: {
        403: refuses('Not with the token, nor for who is switched off.', [
          'forbidden',
          'subject_disabled',
        ]),
        409: refuses('Nobody acts for an administrator.', ['is_administrator']),
      },
    },
  ),
  '/impersonation/stop': {
    post: {
      id: 'stopImpersonating',
      summary: 'Stop acting as a person',
      about:
        'Ends the session, and goes back to that of the administrator. `id` is null where that is over.',
      who: 'person',
      takes: optionalBody(),
      answers: {
        200: json('You are yourself again.', done.extend({ id: sessionId.nullable() }), {
          success: true,
          id: SESSION_ID,
        }),
        ...browsersGoTo('the page of that person in the console'),
        409: refuses('You act for nobody.', ['not_impersonating']),
      },
    },
  },
  '/admin/confirm': {
    get: {
      id: 'askBeforeAct',
      summary: 'What an act would do',
      about:
        'The page that asks before an act of the console. Sessions that were picked are parameters of their own: `<id>=on`.',
      who: 'admin',
      query: askQuery,
      answers: {
        200: jsonOrPage('Nothing has happened yet.', asked, {
          question: 'Switch off ada?',
          effect: 'All their sessions end at once.',
          method: 'POST',
          path: `/admin/users/${USER_ID}/disable`,
          body: {},
        }),
        ...toSignIn,
        404: refuses('No such user, or session.', ['user_unknown', 'session_unknown']),
      },
    },
  },
}
