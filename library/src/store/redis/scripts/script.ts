import { sha1 } from '../../../system/digest.js'
import { CLOCK, probing } from './snippets.js'

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

/**
 * The last argument is a mark that no other call has, and it is the last word of the reply: so the caller knows that
 * the reply is to this call, whatever happened to the order of replies on its connection.
 */
function toScript(parts: readonly string[], writes: boolean): Script {
  const body = [CLOCK, probing(writes), ...parts].map((part) => part.trim()).join('\n\n')
  const text = [
    'local mark = table.remove(ARGV)',
    `local function answer()\n${body}\nend`,
    'local reply = answer()\nreply[#reply + 1] = mark\nreturn reply',
  ].join('\n\n')
  return { text, sha: sha1(text), writes }
}
