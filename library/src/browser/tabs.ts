import type { Facts } from './facts.js'
import type { Platform } from './platform.js'

/** What tabs of one browser tell each other. Nothing in it is a credential. */
export type Message =
  | { readonly type: 'facts'; readonly facts: Facts; readonly age: number }
  | { readonly type: 'expiring'; readonly endsAt: number }
  | { readonly type: 'ended'; readonly reason: string; readonly id: string | undefined }
  /** For browsers without Web Locks: who wants to refresh, and that it is done. The lowest number goes. */
  | { readonly type: 'claim'; readonly number: number }
  | { readonly type: 'refreshed'; readonly outcome: 'fresh' | 'over' }

/** The tabs of one browser that show the same service. */
export interface Tabs {
  readonly name: string
  post(message: Message): void
  listen(listener: (message: Message) => void): void
  /** Whether this tab does the asking for all. Without Web Locks each visible tab does. */
  isLeading(): boolean
  /** Wants to lead from now on; `onLead` is called when it does. */
  stand(onLead: () => void): void
  stepDown(): void
  close(): void
}

export function createTabs(platform: Platform, origin: string): Tabs {
  const name = `sojourn ${origin}`
  const { locks } = platform
  const channel = platform.openChannel(name)
  const listeners: ((message: Message) => void)[] = []
  let term: AbortController | undefined
  let isLeading = false
  channel?.listen((message) => {
    for (const listener of listeners) listener(message as Message)
  })

  const stepDown = (): void => {
    term?.abort()
    term = undefined
    isLeading = false
  }
  return {
    name,
    post: (message) => channel?.post(message),
    listen: (listener) => void listeners.push(listener),
    isLeading: () => isLeading,
    stand(onLead) {
      if (term !== undefined) return
      term = new AbortController()
      const { signal } = term
      const lead = (): void => {
        isLeading = true
        onLead()
      }
      if (locks === undefined) {
        lead()
        return
      }
      locks
        .request(`${name} lead`, { signal }, () => {
          if (signal.aborted) return undefined
          lead()
          return new Promise((resolve) => signal.addEventListener('abort', resolve))
        })
        // Aborted while it waited.
        .catch(() => undefined)
    },
    stepDown,
    close() {
      stepDown()
      channel?.close()
    },
  }
}
