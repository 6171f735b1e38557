import { fields, optionalBody, text } from '../../http/index.js'
import { browsersGoTo, json, jsonOrPage, pageOnly, refuses } from '../answers.js'
import type { Chapter } from '../operation.js'
import { count, said } from '../shapes.js'
import { z } from 'zod'

const status = z.object({
  signedOut: z.boolean(),
  reason: z.string().meta({ description: 'Why the session is over, as far as is known.' }),
})

export const signOut: Chapter = {
  name: 'Leave',
  about: 'Signing out ends the session itself: its cookie and all its tokens with it.',
  paths: {
    '/logout': {
      get: {
        id: 'confirmSignOut',
        summary: 'The page that asks before signing out',
        who: 'guest',
        query: fields({ returnTo: text().optional() }),
        answers: {
          200: pageOnly('Signed in: are you sure?'),
          ...browsersGoTo('whoever is not signed in, to `/signed-out`'),
        },
      },
      post: {
        id: 'signOut',
        summary: 'Sign out',
        about:
          'By cookie, by access token (its time may be over) or by refresh token, as a bearer. Who is signed out already is told the same.',
        who: 'guest',
        takes: optionalBody(),
        answers: {
          200: json('Signed out; every cookie is deleted.', said, {
            success: true,
            message: 'Logged out successfully',
          }),
          ...browsersGoTo('`/signed-out`'),
        },
      },
    },
    '/logout-all': {
      post: {
        id: 'signOutEverywhere',
        summary: 'Sign out on every device',
        who: 'person',
        takes: optionalBody(),
        answers: {
          200: json('All sessions of this person have ended.', said.extend({ count }), {
            success: true,
            message: 'Logged out from all sessions',
            count: 3,
          }),
          ...browsersGoTo('`/signed-out`'),
          403: refuses('Somebody acts for this person.', ['impersonation']),
        },
      },
    },
    '/signed-out': {
      get: {
        id: 'showSignedOut',
        summary: 'Why the session is over',
        who: 'guest',
        query: fields({ reason: text().optional() }),
        answers: {
          200: jsonOrPage('The reason, in words for people on the page.', status, {
            signedOut: true,
            reason: 'logged_out',
          }),
          ...browsersGoTo('whoever is signed in, to the dashboard'),
        },
      },
    },
  },
}
