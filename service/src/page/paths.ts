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
  changePassword: '/password',
  reauthenticate: '/reauthenticate',
  console: '/admin',
  consolePeople: '/admin/users',
  consoleSessions: '/admin/sessions',
  consoleEvents: '/admin/audit',
  consoleKeys: '/admin/keys',
  consoleStore: '/admin/store',
  consoleLimits: '/admin/limits',
  /** Ends one session; the form's stand-in for `DELETE /sessions/:id`. */
  endDevice: (id: string): string => `/sessions/${encodeURIComponent(id)}/end`,
} as const

/** One slash, then nothing that a browser would read as another host: no `//`, no `\`, no controls. */
// eslint-disable-next-line no-control-regex -- browsers drop tabs and line ends inside addresses
const LOCAL = /^\/(?![/\\])[^\\\u0000-\u001f\u007f]*$/

/** `address` where it is a path on this host, else `undefined`. The routes check too; a page trusts nobody. */
export function localPath(address: string | undefined): string | undefined {
  return address !== undefined && LOCAL.test(address) ? address : undefined
}

/** `path`, remembering where the person wanted to go. */
export function withReturn(path: string, returnTo: string | undefined): string {
  const local = localPath(returnTo)
  return local === undefined ? path : `${path}?returnTo=${encodeURIComponent(local)}`
}
