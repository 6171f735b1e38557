import { sha1 } from '../../../system/digest.js'
import { CLOCK } from './snippets.js'

/** One Lua script: a verb of the store. */
export interface Script {
  readonly text: string
  /** The name under which Redis caches the text. */
  readonly sha: string
  /** Whether Redis must refuse it when it gets to it too late (see `runner.ts`). */
  readonly writes: boolean
}

/**
 * Joins a script from shared parts and its own body. Every script is given one key, from which it makes
 * the others, and begins its arguments with the four of {@link CLOCK}; its own begin at `ARGV[5]`.
 */
export function writing(...parts: readonly string[]): Script {
  return toScript(parts, true)
}

/** As {@link writing}, for a script that changes nothing. */
export function reading(...parts: readonly string[]): Script {
  return toScript(parts, false)
}

function toScript(parts: readonly string[], writes: boolean): Script {
  const text = [CLOCK, ...parts].map((part) => part.trim()).join('\n\n')
  return { text, sha: sha1(text), writes }
}
