import type { TimeWords } from './relative-time.js'

/** How an ended session is told to its owner. */
export interface EndWords {
  readonly title: string
  readonly body: string
  /** What to do where somebody else may have been at work. */
  readonly advice?: string
}

/**
 * Every word that the scripts show. The service makes them of its texts and serves them as a file of their own, which
 * browsers keep; in each page they would be a fifth of it. `{}` stands where a value belongs.
 */
export interface Words {
  readonly time: TimeWords
  readonly expiry: {
    readonly title: string
    readonly body: string
    readonly lastBody: string
    readonly stay: string
    readonly signOut: string
    readonly dismiss: string
    readonly failed: string
  }
  /** By end reason. */
  readonly ends: Readonly<Record<string, EndWords>> & { readonly unknown: EndWords }
  /** Reasons after which signing in again leads nowhere. */
  readonly noReturn: readonly string[]
  readonly signIn: string
  readonly home: string
  /** The service cannot say how the session is; nobody is signed out by that. */
  readonly away: string
  /** What was sent got no answer. */
  readonly unreachable: string
}

/** @throws where they cannot be had: then nothing is shown that would need them. */
export async function loadWords(): Promise<Words> {
  const answer = await fetch(document.body.dataset['words'] ?? '')
  if (!answer.ok) throw new Error(`No words: ${String(answer.status)}`)
  return (await answer.json()) as Words
}

/** `phrase` with a value in the place that it has for one. */
export function say(phrase: string, value: string): string {
  // A function, for `$&` in a name is not a pattern.
  return phrase.replace('{}', () => value)
}
