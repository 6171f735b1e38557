/** Remembers names for a time. */
export interface ReplayMemory {
  /** Remembers a name: `new`; `known`: it was remembered already; `full`: it cannot be remembered. */
  remember(name: string, elapsed: number): 'new' | 'known' | 'full'
}

/**
 * Two generations: what is remembered lasts at least `span` milliseconds and at most twice that. Nothing is pushed out early:
 * when a generation has its `most` names, further ones are `full` until the next begins. Of this process alone.
 */
export function createReplayMemory(span: number, most: number): ReplayMemory {
  let young = new Set<string>()
  let old = new Set<string>()
  let since = Number.NEGATIVE_INFINITY

  const follow = (elapsed: number): void => {
    const age = elapsed - since
    if (age < span) return
    old = age < 2 * span ? young : new Set()
    young = new Set()
    since = elapsed
  }
  return {
    remember(name, elapsed) {
      follow(elapsed)
      if (young.has(name) || old.has(name)) return 'known'
      if (young.size >= most) return 'full'
      young.add(name)
      return 'new'
    },
  }
}
