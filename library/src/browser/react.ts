/** `sojourn/browser/react`: the session as a hook. It imports no React: whoever has one passes it in. */
import type { SessionState } from './events.js'
import type { Client } from './options.js'

/** What is used of React 18 or later, or of preact/compat. */
export interface ReactLike {
  useSyncExternalStore<Snapshot>(
    subscribe: (onChange: () => void) => () => void,
    getSnapshot: () => Snapshot,
    getServerSnapshot?: () => Snapshot,
  ): Snapshot
}

const UNKNOWN: SessionState = { status: 'unknown' }

/**
 * A hook that answers the session's state and renders again when it changes. On the server, and for the first rendering in
 * the page, the state is `unknown`.
 *
 * @param client - undefined on the server, where there is no page to make one for.
 */
export function createSessionHook(
  react: ReactLike,
  client: Pick<Client, 'on' | 'state'> | undefined,
): () => SessionState {
  const subscribe = (onChange: () => void): (() => void) =>
    client?.on('change', onChange) ?? ((): void => undefined)
  const read = (): SessionState => client?.state ?? UNKNOWN
  return () => react.useSyncExternalStore(subscribe, read, () => UNKNOWN)
}
