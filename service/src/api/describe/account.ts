import { z } from 'zod'
import { fields, text } from '../../http/index.js'
import { changeBody, proofBody } from '../../route/account.js'
import { browsersGoTo, json, jsonOrPage, pageOnly, refuses } from '../answers.js'
import type { Answers, Chapter } from '../operation.js'
import {
  count,
  done,
  instant,
  NOW,
  said,
  SESSION_INFO,
  sessionInfo,
  user,
  USER,
} from '../shapes.js'

const toSignIn = browsersGoTo('whoever is not signed in, to `/login`')
/** The session lived and its account does not. */
const GONE: Answers = { 401: { description: '', codes: ['session_ended'] } }
const PASSWORD: Answers = {
  403: refuses('The password is wrong, or it is that of somebody for whom you act.', [
    'credentials_invalid',
    'impersonation',
  ]),
  429: refuses('', ['signin_locked', 'network_blocked']),
  503: refuses('', ['busy']),
}

export const account: Chapter = {
  name: 'Your account',
  about: 'What only a signed-in person sees, and proving again who they are.',
  paths: {
    '/dashboard': {
      get: {
        id: 'showDashboard',
        summary: 'Who is signed in, and with which session',
        who: 'person',
        answers: {
          200: jsonOrPage(
            'Welcome.',
            z.object({ message: z.string(), user, session: sessionInfo }),
            { message: 'Welcome to your dashboard, ada', user: USER, session: SESSION_INFO },
          ),
          ...toSignIn,
          ...GONE,
        },
      },
    },
    '/profile': {
      get: {
        id: 'showProfile',
        summary: 'The account',
        who: 'person',
        answers: {
          200: jsonOrPage(
            'The account and the session.',
            z.object({ message: z.string(), user, sessionInfo }),
            { message: 'Profile data', user: USER, sessionInfo: SESSION_INFO },
          ),
          ...toSignIn,
          ...GONE,
        },
      },
    },
    '/reauthenticate': {
      get: {
        id: 'showReauthentication',
        summary: 'The page that asks for the password again',
        who: 'person',
        query: fields({ returnTo: text().optional() }),
        answers: {
          200: pageOnly('The form.'),
          ...toSignIn,
          ...GONE,
          403: refuses('It is the password of somebody for whom you act.', ['impersonation']),
        },
      },
      post: {
        id: 'reauthenticate',
        summary: 'Prove again who you are',
        about: 'Renews the secret of the session; what needs a recent sign-in is open again.',
        who: 'person',
        takes: proofBody,
        example: { password: 'a long walk 2 the sea' },
        isLimited: true,
        answers: {
          200: json('It is you.', done.extend({ authenticatedAt: instant }), {
            success: true,
            authenticatedAt: NOW,
          }),
          ...browsersGoTo('the page they wanted, or the dashboard'),
          ...PASSWORD,
        },
      },
    },
    '/password': {
      post: {
        id: 'changePassword',
        summary: 'Change the password',
        about: 'Ends all other sessions of this person.',
        who: 'person',
        takes: changeBody,
        example: { currentPassword: 'a long walk 2 the sea', newPassword: 'and 1 back by night' },
        isLimited: true,
        answers: {
          200: json('Changed.', said.extend({ count }), {
            success: true,
            message: 'Password changed',
            count: 2,
          }),
          ...browsersGoTo('the security page'),
          ...PASSWORD,
        },
      },
    },
  },
}
