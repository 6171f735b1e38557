/** The order in which somebody who is new here would try things. The collection and the scripts are made of it. */
import type { Step, Walk } from './step.js'

const CREDENTIALS = { username: '{{username}}', password: '{{password}}' }
const KEEP_TOKENS = {
  accessToken: 'tokens.accessToken',
  refreshToken: 'tokens.refreshToken',
}
const ENDED = 'logged_out_elsewhere'

/** Another device: it has tokens and no cookie. */
const otherDevice: readonly Step[] = [
  {
    says: 'Sign in on a second device, for tokens',
    call: 'signIn',
    by: 'nobody',
    body: { ...CREDENTIALS, deliver: 'token' },
    status: 200,
    keeps: KEEP_TOKENS,
  },
  {
    says: 'Which session the second device has',
    call: 'showSession',
    by: 'accessToken',
    status: 200,
    keeps: { otherSession: 'id' },
  },
]

export const threeSteps: Walk = {
  name: 'Three steps',
  about: 'Register, sign in, see what only signed-in people see.',
  steps: [
    { says: 'Register', call: 'register', body: CREDENTIALS, status: 201, isNewPerson: true },
    { says: 'Sign in', call: 'signIn', body: CREDENTIALS, status: 200 },
    {
      says: 'See the dashboard',
      call: 'showDashboard',
      status: 200,
      tells: 'Welcome to your dashboard, {{username}}',
    },
  ],
}

export const stay: Walk = {
  name: 'A stay',
  about: 'What a signed-in person can do, by cookie.',
  steps: [
    { says: 'The front page counts views', call: 'showHome', status: 200, tells: 'first visit' },
    { says: 'The account', call: 'showProfile', status: 200, tells: 'Profile data' },
    { says: 'What anybody sees', call: 'showPublic', status: 200, tells: '"authenticated":true' },
    { says: 'A token for forms', call: 'getCsrfToken', status: 200 },
    { says: 'This session', call: 'showSession', status: 200 },
    { says: 'Keep something in it', call: 'changeSession', status: 200, tells: 'dark' },
    { says: 'Stay signed in', call: 'extendSession', status: 200 },
    ...otherDevice,
    { says: 'Two devices now', call: 'listSessions', status: 200, tells: '{{otherSession}}' },
    { says: 'What happened lately', call: 'listSecurityEvents', status: 200 },
    {
      says: 'Was the second you?',
      call: 'listNewSignIns',
      status: 200,
      tells: '{{otherSession}}',
    },
    { says: 'It was', call: 'confirmNewSignIn', id: '{{otherSession}}', status: 200 },
    {
      says: 'Give it a name',
      call: 'nameSession',
      id: '{{otherSession}}',
      body: { name: 'Kitchen tablet' },
      status: 200,
      tells: 'Kitchen tablet',
    },
    { says: 'End the second', call: 'endSession', id: '{{otherSession}}', status: 200 },
    {
      says: 'It is told why',
      call: 'showDashboard',
      by: 'accessToken',
      status: 401,
      tells: `"reason":"${ENDED}"`,
    },
    ...otherDevice,
    {
      says: 'Name it as a page without scripts does',
      call: 'nameSessionByForm',
      id: '{{otherSession}}',
      body: { name: 'Desk' },
      status: 200,
    },
    {
      says: 'End it as a page without scripts does',
      call: 'endSessionByForm',
      id: '{{otherSession}}',
      status: 200,
    },
    ...otherDevice,
    { says: 'This one was not you', call: 'denyNewSignIn', id: '{{otherSession}}', status: 200 },
    ...otherDevice,
    { says: 'End all but this one', call: 'endOtherSessions', status: 200, tells: '"count":' },
    {
      says: 'Prove again who you are',
      call: 'reauthenticate',
      body: { password: '{{password}}' },
      status: 200,
    },
    {
      says: 'Change the password',
      call: 'changePassword',
      body: { currentPassword: '{{password}}', newPassword: '{{password}}' },
      status: 200,
    },
  ],
}

export const leave: Walk = {
  name: 'Leave',
  about: 'Signing out here, and everywhere.',
  steps: [
    { says: 'Sign out', call: 'signOut', status: 200, tells: 'Logged out successfully' },
    { says: 'The dashboard is closed', call: 'showDashboard', status: 401 },
    { says: 'Sign in again', call: 'signIn', body: CREDENTIALS, status: 200 },
    { says: 'Sign out everywhere', call: 'signOutEverywhere', status: 200, tells: '"count":' },
    { says: 'Why the session is over', call: 'showSignedOut', status: 200 },
  ],
}

export const tokens: Walk = {
  name: 'Tokens',
  about: 'The same with access and refresh tokens, as a phone or a script has it: no cookie.',
  steps: [
    {
      says: 'Register',
      call: 'register',
      by: 'nobody',
      body: { ...CREDENTIALS, email: '{{username}}@example.com' },
      status: 201,
      isNewPerson: true,
    },
    {
      says: 'Sign in; the answer holds two tokens',
      call: 'signIn',
      by: 'nobody',
      body: { email: '{{username}}@example.com', password: '{{password}}' },
      status: 200,
      keeps: { ...KEEP_TOKENS, spentToken: 'tokens.refreshToken' },
    },
    { says: 'The profile, by access token', call: 'showProfile', by: 'accessToken', status: 200 },
    {
      says: 'A new pair for the refresh token',
      call: 'refresh',
      by: 'refreshToken',
      status: 200,
      keeps: { accessToken: 'accessToken', refreshToken: 'refreshToken' },
    },
    { says: 'The new one works', call: 'showProfile', by: 'accessToken', status: 200 },
    {
      says: 'An access token is no refresh token',
      call: 'refresh',
      by: 'accessToken',
      status: 400,
    },
    {
      says: 'The same for pages',
      call: 'refreshInBrowser',
      by: 'refreshToken',
      status: 200,
      keeps: { accessToken: 'accessToken', refreshToken: 'refreshToken' },
    },
    { says: 'The keys that verify them', call: 'getKeys', by: 'nobody', status: 200 },
    { says: 'Where everything is', call: 'getMetadata', by: 'nobody', status: 200 },
    {
      says: 'Looking up is for clients',
      call: 'introspect',
      by: 'nobody',
      body: { token: '{{accessToken}}' },
      status: 401,
    },
    {
      says: 'So is revoking',
      call: 'revoke',
      by: 'nobody',
      body: { token: '{{accessToken}}' },
      status: 401,
    },
    { says: 'And what ended', call: 'listRevocations', by: 'nobody', status: 401 },
    { says: 'Sign out', call: 'signOut', by: 'accessToken', status: 200 },
    {
      says: 'The access token is no good any more',
      call: 'showProfile',
      by: 'accessToken',
      status: 401,
      tells: '"reason":"logged_out"',
    },
    { says: 'Nor is the refresh token', call: 'refresh', by: 'refreshToken', status: 400 },
  ],
}

const page = (call: string, says: string): Step => ({ says, call, status: 200, isPage: true })

export const pages: Walk = {
  name: 'Pages',
  about: 'What a browser gets.',
  steps: [
    { ...page('showRegistration', 'The page to register on'), by: 'nobody' },
    { ...page('showSignIn', 'The page to sign in on'), by: 'nobody' },
    { says: 'Sign in', call: 'signIn', body: CREDENTIALS, status: 200 },
    page('showSecurity', 'The page about security'),
    page('showReauthentication', 'The page that asks for the password again'),
    ...otherDevice,
    {
      ...page('confirmEndSession', 'The page that asks before ending a session'),
      id: '{{otherSession}}',
    },
    {
      ...page('askSessionName', 'The page that asks what you call a device'),
      id: '{{otherSession}}',
    },
    page('confirmEndOthers', 'The page that asks before ending all but this one'),
    page('confirmSignOut', 'The page that asks before signing out'),
    page('showReference', 'The reference of the API'),
  ],
}

export const operation: Walk = {
  name: 'Look after it',
  about: 'For load balancers, Prometheus and people on call.',
  steps: [
    { says: 'Health', call: 'getHealth', by: 'nobody', status: 200 },
    { says: 'Alive', call: 'getLiveness', by: 'nobody', status: 200 },
    { says: 'Ready', call: 'getReadiness', by: 'nobody', status: 200 },
    { says: 'Metrics', call: 'getMetrics', by: 'nobody', status: 200 },
    { says: 'The description of the API', call: 'getDescription', by: 'nobody', status: 200 },
  ],
}

const asAdmin = (call: string, says: string, more: Partial<Step> = {}): Step => ({
  ...{ says, call, by: 'adminToken', status: 200 },
  ...more,
})
const USER = { id: '{{userId}}' }

export const admin: Walk = {
  name: 'Administration',
  about: 'Give the variable `adminToken` the value of ADMIN_TOKEN; without it nothing is asked.',
  needs: 'adminToken',
  steps: [
    asAdmin('findUsers', 'Find people', { keeps: { userId: 'users.0.id' } }),
    asAdmin('showUser', 'One of them', USER),
    ...otherDevice,
    asAdmin('showUserSessions', 'The sessions of that person', USER),
    asAdmin('showOverview', 'How this process does'),
    asAdmin('followOverview', 'Only who has signed in can follow it', { status: 406 }),
    asAdmin('showStore', 'How the store does'),
    asAdmin('findSessions', 'Some of all sessions'),
    asAdmin('askBeforeAct', 'What would it do to end all?', { query: 'act=end-everybody' }),
    {
      ...{ says: 'Nobody acts for anybody yet', call: 'stopImpersonating', by: 'accessToken' },
      status: 409,
    },
    asAdmin('impersonateUser', 'Only who has signed in can act for others', {
      ...USER,
      status: 403,
    }),
    asAdmin('endListedSessions', 'End one of a list', { body: { ids: ['{{otherSession}}'] } }),
    ...otherDevice,
    asAdmin('endAnySession', 'End one', { id: '{{otherSession}}' }),
    ...otherDevice,
    asAdmin('endAnySessionByForm', 'End one as a page does', { id: '{{otherSession}}' }),
    asAdmin('setUserRole', 'A role begins with a new sign-in', USER),
    asAdmin('endUserSessions', 'End all of that person', USER),
    asAdmin('disableUser', 'Switch the person off', USER),
    asAdmin('enableUser', 'And on again', USER),
    asAdmin('unlockUser', 'Lift the wait after failed sign-ins', USER),
    asAdmin('showAudit', 'What happened'),
    asAdmin('exportAudit', 'The same as a file', { query: 'format=json&limit=10' }),
    asAdmin('showKeys', 'Keys and secrets, without what they are made of'),
    asAdmin('askRotateKeys', 'What would a rotation do?'),
    asAdmin('rotateKeys', 'The same, and nothing is done', { body: { dryRun: true } }),
    asAdmin('askRetireKey', 'There is no such key', { id: 'no-such-key', status: 404 }),
    asAdmin('retireKey', 'So it cannot be retired', { id: 'no-such-key', status: 404 }),
    asAdmin('showLimits', 'How a network stands', { query: 'address=203.0.113.7' }),
    asAdmin('askClearLimits', 'What would be cleared?', { query: 'address=203.0.113.7' }),
    asAdmin('clearLimits', 'A fresh start', { body: { address: '203.0.113.7' } }),
    asAdmin('endEverySession', 'End everything'),
  ],
}

/** All of them, in the order of the collection. */
export const WALKS: readonly Walk[] = [threeSteps, stay, tokens, pages, leave, operation, admin]
