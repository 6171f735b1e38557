import { optionalBody } from '../../http/index.js'
import { patchBody } from '../../route/session-data.js'
import { browsersGoTo, json, refuses, textOf } from '../answers.js'
import type { Chapter } from '../operation.js'
import { session, SESSION } from '../shapes.js'

const { data: _, ...TOLD } = SESSION
const EVENTS = `event: session\ndata: ${JSON.stringify(TOLD)}\n\nevent: ended\ndata: ${JSON.stringify(
  { id: SESSION.id, reason: 'logged_out_elsewhere', serverTime: SESSION.serverTime },
)}\n\n`
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
    '/events': {
      get: {
        id: 'followSession',
        summary: 'Hear when it is extended or ends',
        about:
          'A stream of server-sent events that ends with the session, for `EventSource` (with curl: `-N`). `session` comes first, `extended` when the session was used, `expiring` a minute (or a third of the idle time) before its end: all three carry what `GET /session` answers, without `data`. `ended` carries `id`, `reason` and `serverTime`, and is the last. A stream that ends without it says nothing of the session: come back. It is no activity and extends nothing.',
        who: 'person',
        answers: {
          200: textOf('Events, as long as the session lives.', 'text/event-stream', EVENTS),
          ...toSignIn,
          429: refuses('More open streams than a session (10) or a person (50) may have.', [
            'rate_limited',
          ]),
          503: refuses('', ['unavailable']),
        },
      },
    },
  },
}
