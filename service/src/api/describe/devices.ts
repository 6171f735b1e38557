import { z } from 'zod'
import { optionalBody } from '../../http/index.js'
import { pageQuery } from '../../route/device-list.js'
import { nameBody } from '../../route/devices.js'
import { browsersGoTo, json, jsonOrPage, pageOnly, refuses } from '../answers.js'
import type { Chapter, Operation } from '../operation.js'
import { count, DEVICE, device, done, said, SESSION_ID, sessionId } from '../shapes.js'

const path = z.object({ id: z.string().meta({ examples: [SESSION_ID] }) })
const endOne: Omit<Operation, 'id' | 'summary'> = {
  who: 'recent',
  path,
  takes: optionalBody(),
  answers: {
    200: json('It has ended, with its cookie and tokens.', done.extend({ id: sessionId }), {
      success: true,
      id: SESSION_ID,
    }),
    ...browsersGoTo('the devices, or `/signed-out` where it was this one'),
    404: refuses('No session of yours has this id.', ['session_unknown']),
  },
}

const name: Omit<Operation, 'id' | 'summary'> = {
  who: 'person',
  path,
  takes: nameBody,
  example: { name: 'Kitchen tablet' },
  answers: {
    200: json('It is called that.', done.extend({ id: sessionId, name: z.string() }), {
      success: true,
      id: SESSION_ID,
      name: 'Kitchen tablet',
    }),
    ...browsersGoTo('the devices'),
    404: refuses('No session of yours has this id.', ['session_unknown']),
  },
}

export const devices: Chapter = {
  name: 'Devices',
  about: 'What a person is signed in on. Ending a session needs a recent sign-in.',
  paths: {
    '/sessions': {
      get: {
        id: 'listSessions',
        summary: 'Your sessions, as devices',
        who: 'person',
        query: pageQuery,
        isLimited: true,
        answers: {
          200: {
            ...jsonOrPage('Last seen first.', z.array(device), [DEVICE]),
            headers: {
              Link: {
                description: 'The next page, `rel="next"` (RFC 8288).',
                schema: { type: 'string' },
              },
            },
          },
          ...browsersGoTo('whoever is not signed in, to `/login`'),
        },
      },
    },
    '/sessions/revoke-others': {
      get: {
        id: 'confirmEndOthers',
        summary: 'The page that asks before ending them',
        who: 'person',
        answers: {
          200: pageOnly('Are you sure?'),
          ...browsersGoTo('whoever is not signed in, to `/login`'),
          406: refuses('The request takes no page.', ['not_acceptable']),
        },
      },
      post: {
        id: 'endOtherSessions',
        summary: 'End all sessions but this one',
        who: 'recent',
        takes: optionalBody(),
        answers: {
          200: json('They have ended.', said.extend({ count }), {
            success: true,
            message: 'All other sessions have ended',
            count: 2,
          }),
          ...browsersGoTo('the devices'),
        },
      },
    },
    '/sessions/{id}': {
      patch: { id: 'nameSession', summary: 'Say what you call one of your devices', ...name },
      delete: { id: 'endSession', summary: 'End one of your sessions', ...endOne },
    },
    '/sessions/{id}/name': {
      get: {
        id: 'askSessionName',
        summary: 'The page that asks for the name',
        who: 'person',
        path,
        answers: {
          200: pageOnly('What do you call it?'),
          ...browsersGoTo('whoever has no such session, to the devices'),
          406: refuses('The request takes no page.', ['not_acceptable']),
        },
      },
      post: {
        id: 'nameSessionByForm',
        summary: 'The same, for pages without scripts',
        ...name,
      },
    },
    '/sessions/{id}/end': {
      get: {
        id: 'confirmEndSession',
        summary: 'The page that asks before ending it',
        who: 'person',
        path,
        answers: {
          200: pageOnly('Is it this one?'),
          ...browsersGoTo(
            'whoever has no such session, to the devices; for this one, to `/logout`',
          ),
          406: refuses('The request takes no page.', ['not_acceptable']),
        },
      },
      post: {
        id: 'endSessionByForm',
        summary: 'The same, for pages without scripts',
        ...endOne,
      },
    },
  },
}
