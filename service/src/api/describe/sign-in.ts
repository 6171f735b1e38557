import { fields, text } from '../../http/index.js'
import { credentialsBody } from '../../route/sign-in.js'
import { browsersGoTo, json, pageOnly, refuses, withCookie } from '../answers.js'
import type { Chapter } from '../operation.js'
import { said, TOKENS, tokens, user, USER } from '../shapes.js'

const welcome = said
  .omit({ success: true })
  .extend({ user, tokens: tokens.optional() })
  .meta({ id: 'Welcome', description: 'Who has signed in. `tokens` where they were asked for.' })
const CREDENTIALS = { username: 'ada', password: 'a long walk 2 the sea' }
const form = fields({ returnTo: text().optional(), reason: text().optional() })
const DELIVERY =
  'A browser (it sends `Sec-Fetch-Site`) gets cookies alone, unless the body says `"deliver":"token"`. Any other client gets the cookie and `tokens` of one session, unless it says `"deliver":"cookie"`.'
const WAIT = ['signin_locked', 'network_blocked'] as const

export const signIn: Chapter = {
  name: 'Arrive',
  about: 'Registering and signing in. Signing in always makes a new session id.',
  paths: {
    '/register': {
      get: {
        id: 'showRegistration',
        summary: 'The page to register on',
        who: 'guest',
        query: form,
        answers: {
          200: pageOnly('The form.'),
          ...browsersGoTo('whoever is signed in already, to where they wanted to go'),
        },
      },
      post: {
        id: 'register',
        summary: 'Create an account and sign in',
        about: DELIVERY,
        who: 'guest',
        takes: credentialsBody,
        example: CREDENTIALS,
        isLimited: true,
        answers: {
          201: withCookie(
            json('Registered and signed in.', welcome, {
              message: 'User registered successfully',
              user: USER,
              tokens: TOKENS,
            }),
          ),
          ...browsersGoTo('the page they wanted, or the dashboard'),
          400: refuses('The name is taken, or a field is wrong.', ['user_exists']),
          503: refuses('', ['busy']),
        },
      },
    },
    '/login': {
      get: {
        id: 'showSignIn',
        summary: 'The page to sign in on',
        who: 'guest',
        query: form,
        answers: {
          200: pageOnly('The form, with the reason for which one has to sign in again.'),
          ...browsersGoTo('whoever is signed in already, to where they wanted to go'),
        },
      },
      post: {
        id: 'signIn',
        summary: 'Sign in',
        about: DELIVERY,
        who: 'guest',
        takes: credentialsBody,
        example: CREDENTIALS,
        isLimited: true,
        answers: {
          200: withCookie(
            json('Signed in.', welcome, {
              message: 'Login successful',
              user: USER,
              tokens: TOKENS,
            }),
          ),
          ...browsersGoTo('the page they wanted, or the dashboard'),
          401: refuses('Wrong name or password, or the account is switched off.', [
            'credentials_invalid',
          ]),
          403: refuses('', ['subject_disabled']),
          409: refuses('The limit of sessions is set to refuse.', ['session_limit']),
          429: refuses('', WAIT),
          503: refuses('', ['busy']),
        },
      },
    },
  },
}
