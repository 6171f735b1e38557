import type { AgentDescription, DeviceKind } from './device-name.js'
import type { texts } from './texts.js'

/** Whom a page greets. */
export interface Person {
  readonly username: string
  readonly email?: string | undefined
  /** Then the way to the console is shown. */
  readonly isAdministrator?: boolean | undefined
  /** An administrator acts as this person: every page says so, and has the way back. */
  readonly acting?: Acting | undefined
}

/** How an administrator acts for somebody. */
export interface Acting {
  /** Why, in the administrator's words. */
  readonly reason: string
  readonly endsAt: number
}

/** Something that just happened, said once at the top of the next page. Words: `texts.notices`. */
export interface Notice {
  readonly tone: 'good' | 'caution'
  readonly text: string
}

/** What every page may be given. Instants are epoch milliseconds. */
export interface PageProps {
  /** The present instant: relative times are counted from it. */
  readonly now: number
  /** Who is signed in. Absent: nobody, and the header offers to sign in. */
  readonly person?: Person | undefined
  /** Becomes the hidden field `_csrf` of every form on the page. Absent: no such field. */
  readonly csrf?: string | undefined
  readonly notice?: Notice | undefined
  /** Sign-ins on new devices that the person is asked about. */
  readonly newSignIns?: NewSignIns | undefined
}

export interface NewSignIns {
  /** Newest first. */
  readonly list: readonly NewSignInNotice[]
  /** Path of the page they are shown on. */
  readonly returnTo: string
}

/** Sign-ins of one device, from one network, that nobody has said yet whose they were. */
export interface NewSignInNotice {
  /** Of the latest. */
  readonly sessionId: string
  readonly at: number
  readonly count: number
  /** As `describeAgent` names it. */
  readonly name: string
  readonly address?: string | undefined
  readonly place?: string | undefined
}

/** A page that only a signed-in person sees. */
export interface SignedInProps extends PageProps {
  readonly person: Person
}

/** What was wrong with a form, by the name of the field; `form` is about the whole. Words: `texts.problems`. */
export type Problems<Field extends string> = Readonly<Partial<Record<Field | 'form', string>>>

/** What a person typed before; never the password. */
interface Typed {
  readonly username?: string | undefined
  readonly remember?: boolean | undefined
}

/** A form that may come back with problems and leads somewhere afterwards. */
interface FormProps<Field extends string> {
  readonly problems?: Problems<Field> | undefined
  /** Path on this host to go to afterwards; anything else is dropped. */
  readonly returnTo?: string | undefined
}

export interface HomeProps extends PageProps {
  /** How often this browser saw the page in its session, this time included; up to 1 is the first visit. */
  readonly views: number
  /** The session's public id, never its secret. */
  readonly sessionId?: string | undefined
}

export interface RegisterProps extends PageProps, FormProps<'username' | 'password'> {
  readonly typed?: Typed | undefined
  /** Shortest password accepted, in characters. Absent: nothing is said about it. */
  readonly passwordMinimum?: number | undefined
}

export interface SignInProps extends PageProps, FormProps<'username' | 'password'> {
  /** The password was right a moment ago, and the browser has kept nothing of it. */
  readonly areCookiesBlocked?: boolean | undefined
  readonly typed?: Typed | undefined
  /** Why the person has to sign in (an end reason, from the address or a tombstone); unknown words are fine. */
  readonly reason?: string | undefined
  /** When that end was. Default: not known. */
  readonly endedAt?: number | undefined
}

export interface ReauthenticateProps extends SignedInProps, FormProps<'password'> {}

export interface DashboardProps extends SignedInProps {
  readonly session: SessionFacts
  /** Live sessions of the person, this one included. */
  readonly deviceCount: number
}

export interface SessionFacts {
  readonly id: string
  readonly createdAt: number
  /** When the password was last asked for. */
  readonly authenticatedAt: number
  /** How long the session lives without activity, in milliseconds. */
  readonly idleTimeout: number
  readonly idleExpiresAt: number
  /** The absolute limit. */
  readonly expiresAt: number
}

export interface ProfileProps extends SignedInProps {
  readonly accountId: string
  readonly createdAt: number
  /** The present session, for the last lines of the page. */
  readonly session?: Pick<SessionFacts, 'id' | 'createdAt'> | undefined
}

/** A session as its owner sees it. */
export interface Device {
  /** The session's public id. */
  readonly id: string
  readonly isCurrent: boolean
  /** What its person calls it; else `browser`. */
  readonly name: string
  /** As `describeAgent` names it. */
  readonly browser: string
  readonly kind: DeviceKind
  readonly createdAt: number
  readonly lastSeenAt: number
  readonly expiresAt: number
  /** Network address as the privacy mode keeps it; absent where none is kept. */
  readonly address?: string | undefined
  /** Where that is, such as `Lisbon, Portugal`; absent where nobody knows. */
  readonly place?: string | undefined
  /** How the person proved who they are, as `amr` values (RFC 8176): `pwd`, `otp`, `hwk` … */
  readonly methods: readonly string[]
  /** An administrator acts in it for its owner, for this reason. */
  readonly actedIn?: { readonly reason: string } | undefined
}

export interface DevicesProps extends SignedInProps {
  readonly devices: readonly Device[]
  /** Path of the next page of devices. Absent: this is the last. */
  readonly next?: string | undefined
  /** Path of the first page, where this is a later one. */
  readonly first?: string | undefined
}

export interface NameDeviceProps extends SignedInProps {
  readonly device: Device
}

export interface ConfirmEndProps extends SignedInProps {
  /** The one that would end. */
  readonly device: Device
}

/** Something that happened to an account. */
export interface SecurityEvent {
  readonly id: string
  readonly kind: SecurityEventKind
  readonly at: number
  /** How often it happened in a row. */
  readonly count: number
  /** Where it was done from, where its owner may know. */
  readonly device?: AgentDescription | undefined
  readonly address?: string | undefined
  readonly place?: string | undefined
  /** In the words of an administrator. */
  readonly purpose?: string | undefined
  readonly isByAdministrator?: boolean | undefined
}

/** What can happen: each has its words. */
export type SecurityEventKind = keyof typeof texts.securityEvents

export interface SecurityEventsProps extends SignedInProps {
  readonly events: readonly SecurityEvent[]
  /** Path of older events. Absent: these are the last. */
  readonly older?: string | undefined
  /** Path of the newest, where these are older ones. */
  readonly newest?: string | undefined
}

export interface SecurityProps extends SignedInProps, FormProps<'currentPassword' | 'newPassword'> {
  /** The latest events. Default: none. */
  readonly events?: readonly SecurityEvent[] | undefined
  readonly older?: string | undefined
  readonly passwordChangedAt?: number | undefined
  readonly passwordMinimum?: number | undefined
}

export interface SignOutConfirmProps extends SignedInProps {
  readonly returnTo?: string | undefined
}

export interface SignedOutProps extends PageProps {
  /** An end reason; a word that is not known reads as `unknown`. */
  readonly reason: string
  readonly endedAt?: number | undefined
  readonly returnTo?: string | undefined
}

export interface ErrorProps extends PageProps {
  /** HTTP status; titles and explanations exist for the usual ones, by class for the rest. */
  readonly status: number
  /** One more sentence for the person. */
  readonly detail?: string | undefined
  /** The stable code of the problem (RFC 9457 answers carry the same). */
  readonly code?: string | undefined
  /** What to quote to whoever runs the service. */
  readonly requestId?: string | undefined
  /** Seconds until another try makes sense, as in `Retry-After`. */
  readonly retryAfter?: number | undefined
}

/** The store does not answer: nobody is called signed in or signed out. */
export interface UnavailableProps {
  /** The path that was asked for. */
  readonly retryPath: string
  readonly retryAfter?: number | undefined
  readonly requestId?: string | undefined
}
