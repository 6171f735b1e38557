import { z } from 'zod'
import { json, jsonOrPage, textOf } from '../answers.js'
import type { Chapter } from '../operation.js'
import { SESSION_ID, sessionId, user, USER } from '../shapes.js'

const welcome = z.object({
  message: z.string(),
  views: z.int().min(1),
  sessionId: sessionId.nullable(),
  signedIn: z.boolean(),
})

export const home: Chapter = {
  name: 'Look around',
  about: 'Open to everybody; says who you are if you are somebody.',
  paths: {
    '/': {
      get: {
        id: 'showHome',
        summary: 'Home, with a view counter kept in the session',
        who: 'guest',
        answers: {
          200: jsonOrPage('How often this session was here.', welcome, {
            message: 'Welcome, first visit!',
            views: 1,
            sessionId: SESSION_ID,
            signedIn: false,
          }),
        },
      },
    },
    '/public': {
      get: {
        id: 'showPublic',
        summary: 'For anybody; says who you are',
        who: 'guest',
        answers: {
          200: json(
            'The same for everybody, but for the name.',
            z.object({ message: z.string(), authenticated: z.boolean(), user: user.nullable() }),
            { message: 'This is public content', authenticated: true, user: USER },
          ),
        },
      },
    },
    '/csrf': {
      get: {
        id: 'getCsrfToken',
        summary: 'A token for forms and scripts without Fetch Metadata',
        about: 'Bound to the session. Send it as `X-CSRF-Token` or, in a form, as `_csrf`.',
        who: 'guest',
        answers: {
          200: json(
            'The token, and where to put it.',
            z.object({
              token: z.string(),
              header: z.literal('X-CSRF-Token'),
              field: z.literal('_csrf'),
            }),
            { token: 'v1.3f9a0c1b2d4e.…', header: 'X-CSRF-Token', field: '_csrf' },
          ),
        },
      },
    },
    '/assets/{file}': {
      get: {
        id: 'getAsset',
        summary: 'A file that pages refer to',
        about: 'Its name changes with its content, so it may be kept for ever.',
        who: 'anybody',
        path: z.object({ file: z.string().meta({ examples: ['style.3f9a0c1b2d4e.css'] }) }),
        answers: {
          200: {
            description: 'The file.',
            content: {
              ...textOf('', 'text/css').content,
              ...textOf('', 'image/svg+xml').content,
            },
          },
          404: { description: 'No such file, or of another version.', codes: ['not_found'] },
        },
      },
    },
  },
}
