import type { EndReason } from '../store/end-reason.js'
import type { SessionId } from '../store/record.js'

/** The catalogue: what happened, in the past tense, with public facts only. No credential is ever in an event. */
export interface SojournEvents {
  /** A session was created. */
  'session.started': {
    readonly id: SessionId
    readonly subject: string | undefined
    readonly methods: readonly string[]
    readonly address: string
  }
  /** A session got a new secret. */
  'session.renewed': {
    readonly id: SessionId
    readonly subject: string | undefined
    /** The person proved again who they are. */
    readonly isAuthentication: boolean
  }
  /** A session ended. Told once for each, by the process whose call ended it or first found it out of time. */
  'session.ended': {
    readonly id: SessionId
    readonly subject: string | undefined
    readonly reason: EndReason
  }
  /** A session was not started: the subject has its number of them, or is disabled. */
  'session.refused': { readonly subject: string; readonly reason: 'limit' | 'disabled' }
  /** All sessions of a subject ended at once. `session.ended` follows for each while the store is tidied. */
  'subject.revoked': {
    readonly subject: string
    readonly reason: EndReason
    readonly count: number
  }
  /** A subject was disabled. All its sessions have ended, and new ones are refused. */
  'subject.disabled': { readonly subject: string }
  /** A subject was enabled again. */
  'subject.enabled': { readonly subject: string }
  /** The application said so, through `reportSignInFailure`. */
  'signin.failed': {
    readonly subject: string | undefined
    readonly reason: string
    readonly address: string
    /** Path without query. */
    readonly path?: string
    /** What the client says it is: foreign text. */
    readonly agent?: string
  }
  /** Too many attempts failed: further ones from there have to wait. Told when it begins, not for each that waits. */
  'signin.locked': {
    /** `network`: everybody in it; `account`: whoever is not on a known device; `account_network`, `device`: that alone. */
    readonly scope: 'account' | 'account_network' | 'device' | 'network'
    readonly subject: string | undefined
    readonly address: string
    /** Milliseconds. */
    readonly lockedFor: number
  }
  /** An account may be signed in to again before its time: by an administrator, or with a token sent by e-mail. */
  'signin.unlocked': { readonly subject: string; readonly by: 'admin' | 'token' }
  /** Something about a sign-in that its person should hear of (ASVS 6.3.5). */
  'signin.suspicious': {
    readonly kind:
      'after_failures' | 'new_device' | 'new_network' | 'spray' | 'stuffing' | 'impossible_travel'
    readonly subject: string | undefined
    readonly id?: SessionId
    readonly address: string
    /** How often, where it was counted. */
    readonly count?: number
  }
  /** A password or another way to prove who one is was set, changed or removed (ASVS 6.3.7). */
  'credential.changed': {
    readonly subject: string
    /** What was changed, such as `password`. */
    readonly kind: string
    readonly address: string
  }
  /** A guard refused a request, or would have: `isEnforced` is false in log-only and shadow mode. */
  'request.refused': {
    readonly guard:
      | 'csrf'
      | 'cross_origin'
      | 'limit'
      | 'https'
      | 'cors'
      | 'embedding'
      | 'credential_in_url'
      | 'authorization'
      | 'binding'
      | 'anomaly'
      | 'sign_in'
      | 'admin'
    readonly code: string
    /** Which check failed, or which policy was exceeded. */
    readonly check?: string
    readonly method?: string
    /** Path without query. */
    readonly path?: string
    readonly address: string
    readonly id?: SessionId
    readonly subject?: string
    readonly isEnforced: boolean
  }
  /** A session is used in another way than before. */
  'anomaly.detected': {
    readonly id: SessionId
    readonly subject: string | undefined
    readonly signals: readonly string[]
    readonly answer: 'observe' | 'notify' | 'step-up' | 'revoke'
    /** `false` in shadow mode: nothing was done. */
    readonly isEnforced: boolean
    readonly address: string
  }
  /** Somebody with the right to do so did something to somebody's sessions or account. */
  'admin.acted': {
    readonly actor: string
    readonly act: string
    /** What it was done to: a person, a session, or a word for more than one. */
    readonly target: string
    readonly address: string
    /** Whom it concerns, where that is one person. */
    readonly subject?: string
    readonly id?: SessionId
  }
  /** A refresh token was exchanged. */
  'refresh.rotated': {
    readonly id: SessionId
    readonly subject: string
    readonly how: 'rotated' | 'replayed' | 'healed' | 'forgiven'
  }
  /** A spent refresh token came in: somebody has a copy. The session has ended, `session.ended` follows. */
  'refresh.reused': {
    readonly id: SessionId
    readonly subject: string | undefined
    readonly address: string
    /** The address that was kept with the session, as far as the privacy options keep it. */
    readonly keptAddress?: string | undefined
  }
  /** A refresh token was not exchanged. */
  'refresh.refused': { readonly reason: string; readonly address: string }
  /** Somebody began to act for somebody else, in a session of its own. */
  'impersonation.started': {
    readonly id: SessionId
    readonly subject: string
    readonly actor: string
    readonly purpose: string
  }
  /** Something presented was refused: malformed, foreign, unknown, or with a wrong secret. */
  'credential.rejected': { readonly code: string; readonly address: string }
  /** A request wanted to write to a session that had ended meanwhile. Nothing was written. */
  'write.refused': { readonly id: SessionId; readonly reason: EndReason }
  /** Keys that somebody else had written since they were read; the later write won. */
  'data.conflict': { readonly id: SessionId; readonly count: number }
  /** A value at rest does not fit the schema, or no key opens it, and counted as absent. */
  'data.invalid': { readonly id: SessionId; readonly key: string }
  /** The store did not answer. */
  'store.failed': { readonly operation: string; readonly message: string }
  /** A record cannot be read by this version; it was left as it is. */
  'store.corrupt': { readonly id: SessionId }
  /**
   * The circuit breaker in front of the store changed; or that of one part of it, where parts fail apart from each
   * other: `shard` is the address of a node of a cluster.
   */
  'store.breaker': {
    readonly state: 'open' | 'half-open' | 'closed'
    readonly shard?: string | undefined
  }
  /**
   * The store is as it was some time ago: what it had acknowledged since is gone. What this process knows to have ended is
   * refused, and being ended again; the numbers say how much that is.
   */
  'store.rollback': { readonly sessions: number; readonly subjects: number }
  /** The store was emptied, or is another one. `policy` is the option `onStoreReset`. */
  'store.reset': { readonly policy: 'accept' | 'fail' }
  /**
   * The clocks of the store and of this host are over a minute apart (`isApart`), or are together again. Told once for
   * each change, not for each answer. The store's clock decides what has expired; the host's is in logs.
   */
  'store.clock_skew': {
    readonly isApart: boolean
    /** By so many milliseconds the store's clock is ahead; negative: behind. */
    readonly ahead: number
  }
  /** A cookie could not be set or will not come back; the message names cause and fix. */
  'cookie.diagnostic': { readonly message: string }
}

/** Events that guards and applications tell: the core cannot know of them. */
export type ReportedEventName =
  | 'signin.failed'
  | 'signin.locked'
  | 'signin.unlocked'
  | 'signin.suspicious'
  | 'credential.changed'
  | 'request.refused'
  | 'anomaly.detected'
  | 'admin.acted'

/** Name of an event. */
export type EventName = keyof SojournEvents

/** Hears of events of one name. What it throws or rejects with is swallowed: an event changes no outcome. */
export type Listener<Name extends EventName> = (event: SojournEvents[Name]) => unknown

/** Tells listeners, after the work at hand is done. */
export interface Events {
  /** Adds a listener; the answer removes it again. */
  on<Name extends EventName>(name: Name, listener: Listener<Name>): () => void
  /** Tells all listeners of `name`, later: no listener can delay or fail the request that caused it. */
  emit<Name extends EventName>(name: Name, event: SojournEvents[Name]): void
}

export function createEvents(): Events {
  const listeners = new Map<EventName, Set<Listener<EventName>>>()
  return {
    on(name, listener) {
      const set = listeners.get(name) ?? new Set()
      listeners.set(name, set)
      const heard = listener as Listener<EventName>
      set.add(heard)
      return () => {
        set.delete(heard)
      }
    },
    emit(name, event) {
      const set = listeners.get(name)
      if (set === undefined || set.size === 0) return
      setImmediate(() => {
        for (const listener of set) void tell(listener, event)
      })
    },
  }
}

async function tell(listener: Listener<EventName>, event: SojournEvents[EventName]): Promise<void> {
  try {
    await listener(event)
  } catch {
    // An event is a fact that has happened: a listener's fault must not become anybody else's.
  }
}
