/// <reference lib="dom" preserve="true" />
/** What the client takes from the browser, in one place: tests bring their own, and old browsers lack some of it. */
export interface Platform {
  readonly fetch: typeof globalThis.fetch
  /** Milliseconds that neither jump nor go back. Says nothing of the time of day, which a computer may have wrong. */
  readonly now: () => number
  /** The time of day, only ever compared with another tab's within seconds; for nothing that expires. */
  readonly wallNow: () => number
  /** Anything from 0 to 1, to keep clients from coming all at once. */
  readonly chance: () => number
  /** Undefined in browsers of before 2022, and on pages that came by plain http from another host than localhost. */
  readonly locks: LockManager | undefined
  readonly openChannel: (name: string) => Channel | undefined
  readonly openEvents: (address: string) => EventSource | undefined
  /** Whether nobody can see the page. */
  readonly isHidden: () => boolean
  /** Calls `wake` when somebody looks at the page again or it is back online, `rest` when it is hidden or left. */
  readonly watch: (wake: () => void, rest: () => void) => () => void
  /** The address of the page. */
  readonly address: () => string
}

export interface Channel {
  post(message: unknown): void
  listen(listener: (message: unknown) => void): void
  close(): void
}

export function browserPlatform(): Platform {
  return {
    fetch: (input, init) => fetch(input, init),
    // eslint-disable-next-line no-restricted-syntax -- library/src/system is not for pages; tests bring a platform of their own
    now: () => performance.now(),
    // eslint-disable-next-line no-restricted-syntax -- a page has no other clock that all its tabs share
    wallNow: () => Date.now(),
    chance: () => (crypto.getRandomValues(new Uint8Array(1))[0] ?? 0) / 256,
    locks: (navigator as Partial<Navigator>).locks,
    openChannel,
    openEvents: (address) =>
      typeof EventSource === 'undefined'
        ? undefined
        : new EventSource(address, { withCredentials: true }),
    isHidden: () => document.visibilityState === 'hidden',
    watch,
    address: () => location.href,
  }
}

function openChannel(name: string): Channel | undefined {
  if (typeof BroadcastChannel === 'undefined') return undefined
  const channel = new BroadcastChannel(name)
  return {
    post: (message) => channel.postMessage(message),
    listen(listener) {
      channel.onmessage = ({ data }) => listener(data)
    },
    close: () => channel.close(),
  }
}

function watch(wake: () => void, rest: () => void): () => void {
  const stop = new AbortController()
  const { signal } = stop
  const look = (): void => (document.visibilityState === 'hidden' ? rest() : wake())
  document.addEventListener('visibilitychange', look, { signal })
  // A page that comes back from the cache of the back button; one that is left must hold nothing, to be kept there.
  addEventListener('pageshow', ({ persisted }) => persisted && look(), { signal })
  addEventListener('pagehide', rest, { signal })
  addEventListener('online', look, { signal })
  return () => stop.abort()
}
