/** What is known of the session. A new object whenever anything in it changes, so that it can be compared by identity. */
export interface SessionState {
  /**
   * `unknown`: nobody has asked yet, or nobody could be asked. `none`: nobody is signed in. `ended`: somebody was, as far as
   * this page knows. Being offline or a service in trouble changes nothing.
   */
  readonly status: 'unknown' | 'none' | 'active' | 'ended'
  /** The session's public id. */
  readonly id?: string | undefined
  /** Whom it belongs to, or belonged to. */
  readonly subject?: string | undefined
  /** When it ends unless it is extended: milliseconds since 1970 **by the service's clock**. For a countdown ask `secondsLeft()`. */
  readonly endsAt?: number | undefined
  /** Whether `extend()` moves the end; not where the absolute limit comes first. */
  readonly mayExtend?: boolean | undefined
  /** Whether `expiring` was told and nothing has moved the end since. */
  readonly isExpiring?: boolean | undefined
  /** Why it is over: an end reason of the service, such as `expired_idle`, `logged_out`, `password_changed`; `unknown` otherwise. */
  readonly reason?: string | undefined
}

/** The session ends soon unless somebody does something. Told once per end, in all tabs at the same moment. */
export interface ExpiringEvent {
  readonly secondsLeft: number
  /** See {@link SessionState.endsAt}. */
  readonly endsAt: number
  /** Whether `extend()` moves the end. */
  readonly mayExtend: boolean
}

/** The end has moved: by `extend()`, by a request, in this tab or another one. */
export interface ExtendedEvent {
  readonly secondsLeft: number
  readonly endsAt: number
}

/** The session is over, here and in all tabs. */
export interface EndedEvent {
  /** See {@link SessionState.reason}. */
  readonly reason: string
  readonly subject: string | undefined
}

/** The events of a client by their names. */
export interface ClientEvents {
  readonly expiring: ExpiringEvent
  readonly extended: ExtendedEvent
  readonly ended: EndedEvent
  /** Any change of `client.state`. */
  readonly change: SessionState
}

/** Calls `listener` at each event of that name; answers what stops it. */
export type Listen = <Name extends keyof ClientEvents>(
  name: Name,
  listener: (event: ClientEvents[Name]) => void,
) => () => void

type Listener = (event: never) => void

/** Listeners by event. One that throws neither stops the others nor the client. */
export interface Emitter {
  readonly on: Listen
  readonly emit: <Name extends keyof ClientEvents>(name: Name, event: ClientEvents[Name]) => void
}

export function createEmitter(): Emitter {
  const listeners = new Set<readonly [name: string, listener: Listener]>()
  return {
    on(name, listener) {
      const one = [name, listener] as const
      listeners.add(one)
      return () => void listeners.delete(one)
    },
    emit(name, event) {
      for (const [wanted, listener] of [...listeners]) {
        try {
          if (wanted === name) listener(event as never)
        } catch (error) {
          // As browsers do with listeners of their own events.
          reportError(error)
        }
      }
    },
  }
}
