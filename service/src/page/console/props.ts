import type { DeviceKind } from '../device-name.js'
import type { SignedInProps } from '../props.js'
import type { texts } from '../texts.js'

/** A person in a list of people. Instants are epoch milliseconds. */
export interface ListedPerson {
  readonly id: string
  /** The user name; else the address, else the id. */
  readonly name: string
  /** Where there is one besides the name. */
  readonly email?: string | undefined
  readonly isAdministrator: boolean
  readonly createdAt: number
  readonly disabledAt?: number | undefined
}

/** A person on a page of their own. */
export interface ShownPerson extends ListedPerson {
  readonly passwordChangedAt: number
}

/** A session, as administrators see it. */
export interface HeldSession {
  /** The session's public id. */
  readonly id: string
  /** Whose it is; absent for a guest, and where the page says it already. */
  readonly owner?: { readonly id: string; readonly name: string } | undefined
  /** The one in which the administrator looks at it. */
  readonly isOwn: boolean
  /** As `describeAgent` names the device. */
  readonly name: string
  readonly kind: DeviceKind
  readonly createdAt: number
  readonly lastSeenAt: number
  /** When it ends if nothing happens. */
  readonly expiresAt: number
  readonly address?: string | undefined
  /** Where that address is, where a database of places says it. */
  readonly place?: string | undefined
  readonly methods: readonly string[]
  /** An administrator acts in it for its person, for this reason. */
  readonly actor?: { readonly id: string; readonly purpose: string } | undefined
}

export interface PeopleProps extends SignedInProps {
  readonly q: string
  readonly role?: 'user' | 'admin' | undefined
  readonly people: readonly ListedPerson[]
  /** Path of the next page. Absent: this is the last. */
  readonly next?: string | undefined
  /** Path of the first page, where this is a later one. */
  readonly first?: string | undefined
}

export interface PersonProps extends SignedInProps {
  readonly subject: ShownPerson
  /** The administrator looks at their own account. */
  readonly isOwn: boolean
  readonly sessions: readonly HeldSession[]
  readonly next?: string | undefined
  readonly first?: string | undefined
  /** The latest. */
  readonly records: readonly FeedRecord[]
}

/** What a search for sessions found. */
export type FoundSessions =
  /** A part of all there are, in no order. */
  | {
      readonly kind: 'all'
      readonly next?: string | undefined
      readonly first?: string | undefined
    }
  /** Those of the people whose name, address or id it is; `more`: others fit, too. */
  | { readonly kind: 'people'; readonly names: readonly string[]; readonly hasMore: boolean }
  /** The one of this id. */
  | { readonly kind: 'id' }
  /** It is over. */
  | {
      readonly kind: 'over'
      readonly reason: string
      readonly endedAt?: number | undefined
      readonly owner?: HeldSession['owner']
    }
  /** The store knows of no such session. */
  | { readonly kind: 'unknown' }
  /** The store cannot go through all of its sessions. */
  | { readonly kind: 'unlisted' }

export interface SessionsProps extends SignedInProps {
  readonly q: string
  readonly found: FoundSessions
  readonly sessions: readonly HeldSession[]
}

/** What is asked before an act; a script shows it in a dialog on the page before. */
export interface AskProps extends SignedInProps {
  /** The section that the act belongs to. */
  readonly entry: 'people' | 'sessions' | 'keys' | 'limits'
  readonly title: string
  readonly heading: string
  readonly lead: string
  /** What is concerned, where it has to be listed. */
  readonly list?: readonly string[] | undefined
  /** What would happen, in sentences. */
  readonly lines?: readonly string[] | undefined
  /** Where the form goes. */
  readonly action: string
  readonly submit: string
  /** Somebody is signed out, or loses something. */
  readonly isAlarming: boolean
  /** Sent along as they are. */
  readonly fields?: Readonly<Record<string, string>> | undefined
  /** What has to be typed. */
  readonly field?: AskField | undefined
  /** Where the page before is. */
  readonly cancel: string
}

export interface AskField {
  readonly name: string
  readonly label: string
  readonly hint?: string | undefined
  readonly value?: string | undefined
  readonly problem?: string | undefined
  readonly maxlength?: number | undefined
  readonly minlength?: number | undefined
}

/** Somebody in the trail; without a name, the account is gone. */
export interface NamedPerson {
  readonly id: string
  readonly name?: string | undefined
}

/** A record of the trail on the page of events. */
export interface FeedRecord {
  readonly id: string
  readonly at: number
  readonly event: string
  readonly code?: string | undefined
  readonly outcome: 'success' | 'failure' | 'refused' | 'notice'
  readonly subject?: NamedPerson | undefined
  readonly actor?: NamedPerson | undefined
  readonly sessionId?: string | undefined
  readonly address?: string | undefined
  readonly place?: string | undefined
  /** The label that the trail keeps of a device. */
  readonly agent?: string | undefined
  /** The record as it is kept, field by field. */
  readonly facts: readonly (readonly [name: string, value: string])[]
}

/** The filters as somebody gave them. */
export interface EventFilterValues {
  readonly event?: string | undefined
  readonly outcome?: string | undefined
  readonly since?: string | undefined
  readonly person?: string | undefined
  readonly actor?: string | undefined
  readonly session?: string | undefined
  readonly address?: string | undefined
  readonly from?: string | undefined
  readonly to?: string | undefined
}

export interface EventsProps extends SignedInProps {
  readonly filters: EventFilterValues
  /** Why the filters cannot be used. */
  readonly problem?: string | undefined
  readonly records: readonly FeedRecord[]
  readonly next?: string | undefined
  readonly first?: string | undefined
  /** Where a script asks for what is newer; absent on later pages. */
  readonly follow?: string | undefined
  /** Path of the export with the same filters. */
  readonly exportPath: string
  readonly mostExported: number
}

/** A signing key. Instants are epoch milliseconds. */
export interface ShownKey {
  readonly kid: string
  readonly algorithm: string
  readonly state: 'published' | 'active' | 'retiring' | 'retired'
  readonly isSigning: boolean
  /** This process can use it. */
  readonly isHeld: boolean
  /** It stands in `JWT_SECRET`. */
  readonly isOption: boolean
  readonly createdAt?: number | undefined
  readonly activeAt?: number | undefined
  readonly retiredAt?: number | undefined
  readonly acceptedUntil?: number | undefined
}

export interface ShownSecret {
  readonly name: keyof (typeof texts)['console']['keys']['purposes']
  readonly count: number
  /** When it was first seen. */
  readonly since?: number | undefined
  readonly isOld: boolean
}

export interface KeysProps extends SignedInProps {
  /** `JWT_SECRET` is a shared secret, which cannot be rotated here. */
  readonly isShared: boolean
  readonly keys: readonly ShownKey[]
  readonly secrets: readonly ShownSecret[]
}

/** What is counted of somebody under one limit. */
export interface ShownCount {
  /** A policy, or what the guard of sign-ins counts. */
  readonly limit: string
  /** Whose count it is: a name, a network, or both. */
  readonly whose: string
  readonly left: number
  readonly most: number
  /** Milliseconds until one more is allowed; 0: it is. */
  readonly freeAfter: number
  /** Milliseconds until nothing is counted any more. */
  readonly resetAfter: number
}

/** A limit in force. */
export interface ShownLimit {
  readonly limit: string
  readonly quota: number
  /** Milliseconds. */
  readonly window: number
  readonly by: keyof (typeof texts)['console']['limits']['by']
}

export interface LimitsProps extends SignedInProps {
  /** What was looked up. */
  readonly typed: { readonly person: string; readonly address: string }
  readonly problem?: string | undefined
  /** What was found; absent where nobody was looked up. */
  readonly found?: FoundCounts | undefined
  readonly rules: readonly ShownLimit[]
  /** The limits of requests are off. */
  readonly isOff: boolean
}

export interface FoundCounts {
  readonly counts: readonly ShownCount[]
  readonly subject?: NamedPerson | undefined
  readonly network?: string | undefined
  readonly clearPath: string
}
