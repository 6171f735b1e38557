import type { Listen, SessionState } from './events.js'

/** Where the service has its routes. All are paths of `origin`. */
export interface ClientPaths {
  /** Default `/session`. */
  readonly session: string
  /** Default `/session/extend`. */
  readonly extend: string
  /** Default `/logout`. */
  readonly signOut: string
  /** Default `/sessions`. */
  readonly sessions: string
  /** Default `/login`; for {@link Client.signInAddress}. */
  readonly signIn: string
  /** Default `/auth/refresh`. `false`: there are no tokens in cookies, so nothing is ever refreshed. */
  readonly refresh: string | false
  /** Default `/csrf`. `false`: the service wants no token. */
  readonly csrf: string | false
  /** Default `/events`. `false`: there is no stream, so the session is polled. */
  readonly events: string | false
}

/** Options of `createClient`. */
export interface ClientOptions {
  /** Where the service is, such as `https://api.example`. Default: where the page comes from. */
  readonly origin?: string
  /** Paths that differ from the service's own. */
  readonly paths?: Partial<ClientPaths>
  /**
   * Seconds before the end at which `expiring` is told. Default 60, at least 20 (WCAG 2.2.1 wants people to have that long).
   * Never within the first quarter of the idle time, so that sessions of a minute are not one long warning.
   */
  readonly warnBefore?: number
  /** Seconds between two polls where there is no event stream. Default 60, at least 5. */
  readonly pollEvery?: number
  /** What requests are sent with. Default: the page's `fetch`. */
  readonly fetch?: typeof globalThis.fetch
}

/** One of the person's own sessions, as `GET /sessions` lists it. Instants are ISO texts. */
export interface OwnDevice {
  readonly id: string
  /** Whether it is the one in use here. */
  readonly current: boolean
  readonly createdAt: string
  readonly lastSeenAt: string
  readonly expiresAt: string
  readonly device: {
    readonly name: string
    readonly browser: string
    readonly os: string | null
    readonly kind: string
  }
  readonly ip: string | null
  readonly methods: readonly string[]
}

/** Whereto {@link Client.signInAddress} leads. */
export interface SignInLink {
  /** Where the person is taken afterwards. Default: the page as it stands. */
  readonly returnTo?: string
}

/** The session of the person who looks at the page. All acts reject with a `ClientError` where they could not be done. */
export interface Client {
  /**
   * `fetch`, which for requests to the service adds the token against forgery where one is wanted, and after a 401 of the
   * service refreshes (once for all tabs) and sends the request again, once. Where the refresh cannot be done now, its
   * answer (a 503, say) or its fault is what comes back: that is no sign-out.
   */
  readonly fetch: typeof globalThis.fetch
  /** What is known now. The object changes when anything in it does. */
  readonly state: SessionState
  /** Seconds until the session ends, by the service's clock; 0 where there is none. */
  secondsLeft(): number
  /** Calls a listener at each event of a name; answers what stops that. */
  readonly on: Listen
  /** Asks the service for the state. It counts as no activity. For after a sign-in that did not go through `fetch`. */
  check(): Promise<SessionState>
  /** The person stays: the idle time begins anew. The state says what came of it. */
  extend(): Promise<SessionState>
  /** Ends the session here and in all tabs. Rejects where the service did not confirm it: then it may still be alive. */
  signOut(): Promise<void>
  readonly sessions: {
    /** The person's own sessions, at most 100. */
    list(): Promise<readonly OwnDevice[]>
    /** Ends one of them; `false`: there is no such session. Rejects with `reauthentication_required` after an old sign-in. */
    revoke(id: string): Promise<boolean>
    /** Ends all but this one, and answers how many. */
    revokeOthers(): Promise<number>
  }
  /** The sign-in page, with the way back to this one and the reason why it is needed. */
  signInAddress(link?: SignInLink): string
  /** Stops listening, asking and waiting. */
  close(): void
}
