import { update } from './atomic.js'
import { loaded, type Visit } from './visit.js'

/** Texts that guards keep in a session: beside the application's data, under keys that it cannot use itself. */
export interface Kept {
  /** The text under `name`. The session must be loaded. */
  get(name: string): string | undefined
  /** Keeps `text` under `name` of the live session, unless another was there first; answers the one that is there. */
  add(name: string, text: string): Promise<string>
}

const PREFIX = '~kept.'

/** @param mayWrite - throws where the session cannot be written to. */
export function createKept(visit: Visit, mayWrite: () => void): Kept {
  const get = (name: string): string | undefined => {
    loaded(visit)
    const json = visit.copy.json(PREFIX + name)
    const value: unknown = json === undefined ? undefined : JSON.parse(json)
    return typeof value === 'string' ? value : undefined
  }
  return {
    get,
    async add(name, text) {
      const known = get(name)
      if (known !== undefined) return known
      mayWrite()
      return update<string>(visit, PREFIX + name, (present) => present ?? text)
    },
  }
}
