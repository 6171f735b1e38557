import type { SignInRules } from './rules.js'

/** Lets the answer to the `count`-th failure wait. */
export type Delay = (count: number) => Promise<void>

/**
 * Answers to failures wait, each twice as long as the one before. It costs a guesser time and a person who mistypes
 * hardly any. Only so many wait at once: waiting must not become a way to hold connections open.
 */
export function createDelay(rules: SignInRules['delay']): Delay {
  if (rules === undefined) return () => Promise.resolve()
  const { from, first, most, waiting } = rules
  let here = 0
  return async (count) => {
    if (count < from || here >= waiting) return
    here += 1
    // 2^30 times the shortest wait is beyond the longest.
    const milliseconds = Math.min(first * 2 ** Math.min(count - from, 30), most)
    await new Promise((resolve) => setTimeout(resolve, milliseconds))
    here -= 1
  }
}
