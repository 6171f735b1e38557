import { z } from 'zod'
import { optionalBody } from '../../http/index.js'
import { texts } from '../../page/index.js'
import { pageQuery } from '../../route/device-list.js'
import { browsersGoTo, json, jsonOrPage, pageOnly, refuses } from '../answers.js'
import type { Answers, Chapter, Operation } from '../operation.js'
import { done, instant, NOW, SESSION_ID, sessionId } from '../shapes.js'

const toSignIn = browsersGoTo('whoever is not signed in, to `/login`')
/** The session lived and its account does not. */
const GONE: Answers = { 401: { description: '', codes: ['session_ended'] } }

const ip = z.string().nullable().meta({ description: 'As far as it is kept.' })
const place = z.string().nullable().meta({ description: 'Where that is, with `PLACES_FILE`.' })
const deviceName = z.object({
  name: z.string(),
  kind: z.enum(['desktop', 'phone', 'tablet', 'unknown']),
})

const securityEvent = z
  .object({
    id: z.string(),
    kind: z.enum(Object.keys(texts.securityEvents)),
    at: instant,
    count: z.int().min(1).meta({ description: 'How often in a row, or to how many sessions.' }),
    sessionId: sessionId.nullable(),
    device: deviceName.nullable().meta({ description: 'Where it was done; not of other people.' }),
    ip,
    place,
    reason: z.string().nullable().meta({ description: 'The words of an administrator.' }),
    byAdministrator: z.boolean().meta({ description: 'By one who acted as this person.' }),
  })
  .meta({ id: 'SecurityEvent', description: 'Something that happened to an account.' })
const EVENT = {
  id: '0mkbq2x1c-9f3Kc0aPq1Zt',
  kind: 'signedInNew',
  at: NOW,
  count: 1,
  sessionId: SESSION_ID,
  device: { name: 'Firefox 140 on Windows', kind: 'desktop' },
  ip: '203.0.113.0/24',
  place: 'Lisbon, Portugal',
  reason: null,
  byAdministrator: false,
}

const newSignIn = z
  .object({
    id: sessionId,
    at: instant,
    count: z.int().min(1).meta({ description: 'How many there were of this device and network.' }),
    device: z.string(),
    ip,
    place,
  })
  .meta({ id: 'NewSignIn', description: 'A sign-in on a device that was not seen before.' })
const NEW_SIGN_IN = {
  id: SESSION_ID,
  at: NOW,
  count: 1,
  device: 'Firefox 140 on Windows',
  ip: '203.0.113.0/24',
  place: 'Lisbon, Portugal',
}

const answerTo: Omit<Operation, 'id' | 'summary' | 'who'> = {
  path: z.object({ id: z.string().meta({ examples: [SESSION_ID] }) }),
  takes: optionalBody(),
  answers: {
    200: json('Nobody is asked again.', done.extend({ id: sessionId }), {
      success: true,
      id: SESSION_ID,
    }),
    ...browsersGoTo('the security page, or the page the form was on'),
    404: refuses('No sign-in with this id waits for an answer.', ['session_unknown']),
  },
}

export const security: Chapter = {
  name: 'Security',
  about: 'What happened to one’s account, and sign-ins on devices that were not seen before.',
  paths: {
    '/security': {
      get: {
        id: 'showSecurity',
        summary: 'The page to change the password on, with what happened last',
        who: 'person',
        answers: { 200: pageOnly('The form and the events.'), ...toSignIn, ...GONE },
      },
    },
    '/security/events': {
      get: {
        id: 'listSecurityEvents',
        summary: 'What happened to your account',
        about: 'As long as the audit trail is kept. A record takes a moment to be seen.',
        who: 'person',
        query: pageQuery,
        answers: {
          200: {
            ...jsonOrPage('Newest first.', z.array(securityEvent), [EVENT]),
            headers: {
              Link: {
                description: 'The next page, `rel="next"` (RFC 8288).',
                schema: { type: 'string' },
              },
            },
          },
          ...toSignIn,
          ...GONE,
        },
      },
    },
    '/security/new-sign-ins': {
      get: {
        id: 'listNewSignIns',
        summary: 'Sign-ins on new devices that wait for your answer',
        about: 'Not that of the session that asks: its person knows.',
        who: 'person',
        answers: {
          200: json('Newest first.', z.array(newSignIn), [NEW_SIGN_IN]),
          ...browsersGoTo('the security page, which shows them'),
        },
      },
    },
    '/security/new-sign-ins/{id}/confirm': {
      post: { id: 'confirmNewSignIn', summary: 'It was you', who: 'person', ...answerTo },
    },
    '/security/new-sign-ins/{id}/deny': {
      post: {
        id: 'denyNewSignIn',
        summary: 'It was somebody else: ends what they began',
        about: 'Change the password next: whoever it was knows it.',
        who: 'recent',
        ...answerTo,
      },
    },
  },
}
