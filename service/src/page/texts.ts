/* eslint-disable max-lines -- one file for whoever translates it: words, no logic */
/**
 * Every word on the pages and nothing else, ready to be translated: a translation is another object of
 * this shape. Functions where a value stands in a sentence. `words.ts` picks from it; Intl tells time.
 */

function count(number: number, one: string, many: string): string {
  return number === 1 ? one : `${String(number)} ${many}`
}

/** By end reason: what happened, and what to do where somebody else may have been at work. */
const ends = {
  expired_idle: {
    title: 'You were away for a while',
    body: 'Nothing happened here for some time, so we signed you out. That keeps a screen you walked away from closed to others.',
  },
  expired_absolute: {
    title: 'Your stay reached its limit',
    body: 'Every sign-in ends after a fixed time, even a busy one. Sign in again to carry on.',
  },
  logged_out: {
    title: 'You have signed out',
    body: 'This browser can no longer reach your account. Come back whenever you like.',
  },
  logged_out_elsewhere: {
    title: 'Signed out from another device',
    body: 'This session was ended from your list of devices.',
    advice: 'If that was not you, sign in and change your password: it signs out everyone else.',
  },
  revoked_admin: {
    title: 'An administrator ended this session',
    body: 'The people who run this service signed you out. You can sign in again unless they tell you otherwise.',
  },
  evicted_limit: {
    title: 'This device made room for another',
    body: 'Only so many devices can be signed in at once. You signed in on one more, so this one was signed out.',
    advice: 'If you did not sign in anywhere else, change your password.',
  },
  refresh_reuse: {
    title: 'We ended this session to protect you',
    body: 'A key to this session was used twice. Somebody may have copied it, so it now opens nothing, for them or for you.',
    advice: 'Sign in again, look through your devices, and change your password if in doubt.',
  },
  anomaly: {
    title: 'Somebody else seemed to use this session',
    body: 'It was used from another place and by another browser than the one you signed in with, so we ended it.',
    advice: 'Sign in again. If you did not change devices or networks, change your password.',
  },
  password_changed: {
    title: 'Your password was changed',
    body: 'Changing it signs out every other device. Sign in here with the new password.',
    advice: 'If you did not change it, ask the people who run this service for help at once.',
  },
  key_retired: {
    title: 'We replaced a key of ours',
    body: 'The key that protected this sign-in was retired, so everyone who used it signs in once more. Your account is untouched.',
  },
  subject_disabled: {
    title: 'This account is switched off',
    body: 'An administrator disabled it and every session of it has ended. Ask the people who run this service.',
  },
  signed_in: {
    title: 'You signed in',
    body: 'The visit you began as a guest went on as your signed-in session, and the old one was closed behind you.',
  },
  signed_in_again: {
    title: 'You signed in again',
    body: 'A newer sign-in in this browser took the place of this one.',
  },
  replaced: {
    title: 'A new session took over from this one',
    body: 'Your visit went on in a fresh session, and the old one was closed behind you. Nothing you did is lost.',
  },
  unknown: {
    title: 'You are signed out',
    body: 'This session has ended and left no note about the reason. Sign in again to carry on.',
  },
}

/** By HTTP status. */
const errors = {
  400: {
    title: 'That request made no sense to us',
    body: 'Something in it was missing or malformed. Go back and try again.',
  },
  401: {
    title: 'You need to sign in for this',
    body: 'This page belongs to somebody. Sign in to show that it is you.',
  },
  403: {
    title: 'This is not open to you',
    body: 'The request was refused. If a form brought you here, go back, reload the page and send it again.',
  },
  404: {
    title: 'There is nothing here',
    body: 'The page may have moved, or the address has a slip in it.',
  },
  405: {
    title: 'That cannot be done here',
    body: 'This address exists, but not for this kind of request.',
  },
  413: { title: 'That is too much at once', body: 'What you sent is larger than we accept.' },
  415: { title: 'We cannot read that format', body: 'Send a form or JSON instead.' },
  429: {
    title: 'A little slower, please',
    body: 'There were too many tries in a short time. Waiting is all it takes; nothing is lost.',
  },
  500: {
    title: 'Something broke on our side',
    body: 'It is not your fault. Trying again often works.',
  },
  503: {
    title: 'We are catching our breath',
    body: 'The service cannot answer right now. Please try again in a moment.',
  },
}

/** By authentication method (RFC 8176). */
const methods = {
  pwd: 'password',
  otp: 'one-time code',
  hwk: 'passkey or security key',
  swk: 'passkey',
  mfa: 'two factors',
  sms: 'text message',
}

export const texts = {
  language: 'en',
  ends,
  errors,
  methods,
  tagline: 'Someone arrives, stays a while, and leaves.',
  footer: 'Sessions you can see, and end.',
  description: 'Sign in, see every device you are signed in on, and end any of them at once.',
  title: (page: string): string => `${page} · sojourn`,
  titleWithProblem: (page: string): string => `Problem: ${page} · sojourn`,
  skip: 'Skip to the content',
  mainNavigation: 'Main',
  nav: {
    home: 'sojourn, home',
    dashboard: 'Dashboard',
    devices: 'Devices',
    security: 'Security',
    console: 'Console',
    signIn: 'Sign in',
    register: 'Create account',
    signOut: 'Sign out',
  },
  ways: {
    home: 'Go to the start page',
    dashboard: 'Open dashboard',
  },
  fields: {
    username: 'Username or email',
    password: 'Password',
    currentPassword: 'Current password',
    newPassword: 'New password',
    passwordHint: (minimum: number): string =>
      `At least ${String(minimum)} characters. A few unrelated words make a strong one.`,
    signedInAs: 'Signed in as',
  },
  time: { justNow: 'just now', inAMoment: 'in a moment', never: 'never' },
  home: {
    title: 'Home',
    heading: 'Come in, stay a while, leave when you like',
    lead: 'One session for every device you sign in on. You can see each of them, and when you end one it is over everywhere, at once.',
    signedInHeading: (name: string): string => `Welcome back, ${name}`,
    signedInLead:
      'You are signed in on this device. Your dashboard shows how long you can stay and where else you are signed in.',
    devices: 'See your devices',
    stepsHeading: 'How a stay works',
    steps: {
      arriving: {
        title: 'Arrive',
        body: 'Your password opens a session. The browser keeps a key to it that no script on the page can read.',
      },
      inside: {
        title: 'Stay',
        body: 'It lasts while you are active, up to a limit that we tell you. Restarts and updates of ours do not sign you out.',
      },
      left: {
        title: 'Leave',
        body: 'Sign out here, or end any device from the list. Every key of that session stops working together.',
      },
    },
    visitHeading: 'This visit',
    firstVisit: 'Welcome, first visit!',
    views: (views: number): string => `Views: ${String(views)}`,
    viewsOf: (views: number, id: string): string => `Views: ${String(views)}. Session ID: ${id}`,
    visitNote:
      'Counted in this browser’s session. The id is public: it names the session and cannot open it.',
  },
  register: {
    title: 'Create account',
    heading: 'Create your account',
    lead: 'A name and a password are all it takes. You are signed in right away.',
    submit: 'Create account',
    other: 'Already have an account?',
    otherLink: 'Sign in',
  },
  signIn: {
    title: 'Sign in',
    heading: 'Sign in',
    lead: 'Good to see you again.',
    remember: 'Stay signed in on this device',
    rememberHint: 'Leave this off on a computer you share.',
    submit: 'Sign in',
    other: 'New here?',
    otherLink: 'Create an account',
    needed: 'Sign in to see that page',
    neededBody: 'You will be taken there right after.',
  },
  lookAgain: {
    title: 'One moment',
    body: 'You came from another site. We are checking whether you are signed in here.',
    link: 'Continue',
  },
  reauthenticate: {
    title: 'Confirm it is you',
    heading: 'Confirm it is you',
    lead: 'What you asked for needs a fresh look at your password. You stay signed in either way.',
    submit: 'Confirm',
    cancel: 'Not now',
  },
  dashboard: {
    title: 'Dashboard',
    heading: (name: string): string => `Hello, ${name}`,
    lead: 'You are signed in, and all is well.',
    stayHeading: 'Your stay',
    arrived: 'Arrived',
    leaves: 'Ends at the latest',
    idle: 'Without activity',
    idleEnds: (duration: string): string => `ends after ${duration}`,
    confirmed: 'Password last asked for',
    sessionId: 'Session',
    moreHeading: 'Look after your account',
    devices: 'Devices',
    deviceCount: (number: number): string =>
      count(number, 'You are signed in on this device only.', 'devices are signed in.'),
    security: 'Security',
    securityBody: 'Change your password, or sign out everywhere.',
    profile: 'Profile',
    profileBody: 'What your account goes by.',
  },
  profile: {
    title: 'Profile',
    heading: 'Profile',
    lead: 'What your account goes by.',
    username: 'Username',
    email: 'Email',
    noEmail: 'none given',
    accountId: 'Account',
    memberSince: 'Created',
    session: 'This session',
    sessionSince: 'Session started',
  },
  devices: {
    title: 'Devices',
    heading: 'Your devices',
    lead: 'Everywhere you are signed in. End one, and it is signed out before this page is back.',
    current: 'This device',
    seen: (when: string): string => `Seen ${when}`,
    seenNow: 'In use now',
    arrived: 'Signed in',
    leaves: 'Ends at the latest',
    address: 'Network',
    methods: 'With',
    end: 'End',
    endWhat: (name: string): string => `the session on ${name}`,
    signOut: 'Sign out',
    signOutWhat: 'on this device',
    onlyHeading: 'Only this device',
    onlyBody: 'You are not signed in anywhere else. When you are, it shows up here.',
    othersHeading: 'Signed in somewhere you do not recognise?',
    othersBody: 'End every session except this one, then change your password.',
    endOthers: 'End all others',
    next: 'More devices',
    first: 'Back to the first devices',
    none: 'There are no more devices.',
    note: 'Names are what each browser says about itself, so take them as a hint.',
  },
  security: {
    title: 'Security',
    heading: 'Security',
    lead: 'Keep your account yours.',
    passwordHeading: 'Change password',
    passwordBody: 'Every other device is signed out when it changes. You stay signed in here.',
    passwordChanged: 'Last changed',
    submit: 'Change password',
    everywhereHeading: 'Sign out everywhere',
    everywhereBody:
      'Ends all your sessions, this one too. Use it when a device is lost or something feels wrong.',
    everywhere: 'Sign out everywhere',
  },
  console: {
    title: 'Console',
    /** The sections, in the order of the menu. */
    entries: {
      overview: 'Overview',
      people: 'People',
      sessions: 'Sessions',
      events: 'Events',
      keys: 'Keys',
      limits: 'Limits',
      store: 'Store',
    },
    menu: 'Console sections',
    overview: {
      heading: 'Overview',
      lead: 'What goes on right now.',
    },
  },
  signOut: {
    title: 'Sign out',
    heading: (name: string): string => `Leaving, ${name}?`,
    lead: 'Signing out ends this session and removes its key from this browser.',
    submit: 'Sign out',
    everywhere: 'Sign out on all devices',
    cancel: 'Stay signed in',
  },
  signedOut: {
    title: 'Signed out',
    ended: (when: string): string => `Ended ${when}`,
    signIn: 'Sign in again',
  },
  error: {
    status: (status: number): string => `Error ${String(status)}`,
    retry: (duration: string): string => `Try again in ${duration}.`,
    code: 'Code',
    requestId: 'Request',
  },
  unavailable: {
    title: 'One moment',
    heading: 'We cannot check your session right now',
    body: 'The place where sessions are kept is not answering. That alone signs nobody out: once it answers, you carry on where you were.',
    retry: 'Try again',
  },
  problems: {
    heading: 'Please check this',
    credentials: 'That username and password do not match. Please try again.',
    usernameMissing: 'Enter your username or email.',
    usernameTaken: 'That name is taken. Choose another, or sign in if it is yours.',
    usernameShape: 'Use letters, digits, dots, dashes or an email address.',
    passwordMissing: 'Enter your password.',
    passwordWrong: 'That is not your password. Please try again.',
    passwordShort: (minimum: number): string => `Use at least ${String(minimum)} characters.`,
    passwordLong: (maximum: number): string => `Use at most ${String(maximum)} characters.`,
    passwordCommon: 'This password is on the lists that attackers try first. Choose another.',
    passwordSame: 'The new password is the same as the old one.',
    tooMany: (duration: string): string => `Too many tries. Try again in ${duration}.`,
    formExpired: 'This form had been open for too long. Please send it again.',
  },
  notices: {
    welcome: 'Your account is ready and you are signed in.',
    deviceEnded: 'That device is signed out.',
    deviceGone: 'That device was already signed out.',
    othersEnded: (number: number): string =>
      number === 0
        ? 'No other device was signed in.'
        : `${count(number, 'One other device was', 'other devices were')} signed out.`,
    passwordChanged: (number: number): string =>
      number === 0
        ? 'Your password is changed.'
        : `Your password is changed and ${count(number, 'one other device was', 'other devices were')} signed out.`,
    failedBefore: (number: number): string =>
      `Before you signed in, ${count(number, 'one attempt', 'attempts')} to sign in as you failed. If that was not you, your password has held; look through your devices.`,
    confirmed: 'Thank you. You can go on with what you were doing.',
  },
}
