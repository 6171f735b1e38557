/** Where the pages' links and forms point. Routes mount here; nothing else spells an address. */
export const paths = {
  home: '/',
  register: '/register',
  signIn: '/login',
  signOut: '/logout',
  signOutEverywhere: '/logout-all',
  dashboard: '/dashboard',
  profile: '/profile',
  devices: '/sessions',
  endOtherDevices: '/sessions/revoke-others',
  security: '/security',
  securityEvents: '/security/events',
  newSignIns: '/security/new-sign-ins',
  changePassword: '/password',
  reauthenticate: '/reauthenticate',
  console: '/admin',
  consoleStream: '/admin/stream',
  consolePeople: '/admin/users',
  consoleSessions: '/admin/sessions',
  consoleEvents: '/admin/audit',
  consoleExport: '/admin/audit/export',
  consoleKeys: '/admin/keys',
  consoleRotate: '/admin/keys/rotate',
  consoleRetire: (kid: string): string => `/admin/keys/${encodeURIComponent(kid)}/retire`,
  consoleStore: '/admin/store',
  consoleLimits: '/admin/limits',
  consoleClear: '/admin/limits/clear',
  consolePerson: (id: string): string => `/admin/users/${encodeURIComponent(id)}`,
  /** What asks before an act of the console. */
  consoleAsk: '/admin/confirm',
  consoleConfirm: (act: ConsoleAct, of: string): string =>
    `/admin/confirm?act=${act}&of=${encodeURIComponent(of)}`,
  stopActing: '/impersonation/stop',
  confirmSignIn: (id: string): string => `/security/new-sign-ins/${encodeURIComponent(id)}/confirm`,
  denySignIn: (id: string): string => `/security/new-sign-ins/${encodeURIComponent(id)}/deny`,
  nameDevice: (id: string): string => `/sessions/${encodeURIComponent(id)}/name`,
  /** Ends one session; the form's stand-in for `DELETE /sessions/:id`. */
  endDevice: (id: string): string => `/sessions/${encodeURIComponent(id)}/end`,
} as const

/** What an administrator does for or to one person. */
export const PERSON_ACTS = [
  'impersonate',
  'unlock',
  'make-admin',
  'make-user',
  'disable',
  'enable',
  'end-sessions',
] as const

export type PersonAct = (typeof PERSON_ACTS)[number]

/** What the console asks about first. */
export const CONSOLE_ACTS = [
  ...PERSON_ACTS,
  'end-session',
  'end-selected',
  'end-everybody',
] as const

export type ConsoleAct = (typeof CONSOLE_ACTS)[number]

/** One slash, then nothing that a browser would read as another host: no `//`, no `\`, no controls. */
// eslint-disable-next-line no-control-regex -- browsers drop tabs and line ends inside addresses
const LOCAL = /^\/(?![/\\])[^\\\u0000-\u001f\u007f]*$/

/** `address` where it is a path on this host, else `undefined`. The routes check too; a page trusts nobody. */
export function localPath(address: string | undefined): string | undefined {
  return address !== undefined && LOCAL.test(address) ? address : undefined
}

/** `path` with those of these parameters that say something. */
export function withQuery(
  path: string,
  parameters: Readonly<Record<string, string | undefined>>,
): string {
  const given = Object.entries(parameters).filter(
    (entry): entry is [string, string] => entry[1] !== undefined && entry[1] !== '',
  )
  return given.length === 0 ? path : `${path}?${new URLSearchParams(given).toString()}`
}

/** `path`, remembering where the person wanted to go. */
export function withReturn(path: string, returnTo: string | undefined): string {
  const local = localPath(returnTo)
  return local === undefined ? path : `${path}?returnTo=${encodeURIComponent(local)}`
}
