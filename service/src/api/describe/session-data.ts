import { optionalBody } from '../../http/index.js'
import { patchBody } from '../../route/session-data.js'
import { browsersGoTo, json, refuses } from '../answers.js'
import type { Chapter } from '../operation.js'
import { session, SESSION } from '../shapes.js'

const shown = json('The session as it is now.', session, SESSION)
const toSignIn = browsersGoTo('whoever is not signed in, to `/login`')

export const sessionData: Chapter = {
  name: 'This session',
  about: 'What a client may know of its session, and the data it keeps there.',
  paths: {
    '/session': {
      get: {
        id: 'showSession',
        summary: 'This session',
        who: 'person',
        answers: { 200: shown, ...toSignIn },
      },
      patch: {
        id: 'changeSession',
        summary: 'Change its data',
        about:
          'A merge patch (RFC 7396) of the top-level keys: whole values, `null` deletes. Only the keys that are sent are written. A key has 1 to 128 characters and does not start with `~`.',
        who: 'person',
        takes: patchBody,
        example: { theme: 'dark', cart: ['tea'] },
        answers: {
          200: shown,
          ...toSignIn,
          413: refuses('', ['body_too_large', 'ERR_SESSION_TOO_LARGE']),
        },
      },
    },
    '/session/extend': {
      post: {
        id: 'extendSession',
        summary: 'Stay signed in',
        who: 'person',
        takes: optionalBody(),
        answers: { 200: shown, ...toSignIn },
      },
    },
  },
}
