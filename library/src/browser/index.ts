/**
 * browser/ owns what runs in the page: the client of the session's routes, and as entries of their own forms that survive
 * a new sign-in, the expiry dialog and a hook for React. Pages import it; it imports nothing of the server's code and no
 * package, and it never sees a token: those stay in cookies that no script can read.
 */
export { createClient } from './client.js'
export { ClientError } from './errors.js'
export type { Client, ClientOptions, ClientPaths, OwnDevice, SignInLink } from './options.js'
export type {
  ClientEvents,
  EndedEvent,
  ExpiringEvent,
  ExtendedEvent,
  Listen,
  SessionState,
} from './events.js'
