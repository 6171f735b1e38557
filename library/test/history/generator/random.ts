/** Chance that can be had again: mulberry32, after Tommy Ettinger. */
export interface Random {
  /** A whole number from 0 to `below`, without it. */
  below(below: number): number
  /** Whether the rarer of two things happens. */
  isOneIn(times: number): boolean
  pick<Some>(from: readonly Some[]): Some | undefined
  /** One of the names, each as often as its weight says. */
  weighed<Name extends string>(weights: Readonly<Partial<Record<Name, number>>>): Name
  /** Another source, that depends on nothing but this one's seed and a number. */
  branch(number: number): Random
}

export function createRandom(seed: number): Random {
  let state = seed >>> 0
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
  const below = (limit: number): number => Math.floor(next() * limit)
  return {
    below,
    isOneIn: (times) => below(times) === 0,
    pick: (from) => from[below(from.length)],
    weighed<Name extends string>(weights: Readonly<Partial<Record<Name, number>>>) {
      const entries = Object.entries(weights) as [Name, number][]
      let left = next() * entries.reduce((sum, [, weight]) => sum + weight, 0)
      const found = entries.find(([, weight]) => (left -= weight) < 0) ?? entries[0]
      if (found === undefined) throw new Error('there is nothing to choose from')
      return found[0]
    },
    branch: (number) => createRandom(Math.imul(seed ^ 0x9e3779b9, number + 1) ^ (number << 7)),
  }
}
