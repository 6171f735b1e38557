import { StoreUnavailable } from '../../errors.js'
import { networkOf, canonicalAddress } from '../../request/client-address.js'
import { systemClock } from '../../system/clock.js'
import { sha256 } from '../../system/digest.js'
import { sideScript, type Link, type SideScript } from './connection.js'
import { RedisError } from './errors.js'

/** A count within a window. */
export interface Counted {
  readonly count: number
  /** Milliseconds until it starts anew. */
  readonly endsIn: number
  /** Redis is away: only this process counts. */
  readonly isAlone: boolean
}

/** Counts what comes from an address, in Redis for all processes together. */
export interface Counter {
  /** Counts one more under `name`, in a window of `windowMs` that the first one opens. */
  count(name: string, address: string | undefined, windowMs: number): Promise<Counted>
}

/** Arguments: milliseconds of a window. The count and what is left of it, in one step; a key never rests without an end. */
const COUNT: SideScript = sideScript(`
local count = redis.call('INCR', KEYS[1])
local left = redis.call('PTTL', KEYS[1])
if count == 1 or left < 0 then
  redis.call('PEXPIRE', KEYS[1], ARGV[1])
  left = tonumber(ARGV[1])
end
return { count, left }
`)

/** Addresses that this process counts while Redis is away; 2 MB at most. */
const MOST_COUNTED = 10_000

/**
 * @param ready - makes sure that Redis was connected to; a fault means that it is away
 * @param prefix - what keys begin with
 */
export function createCounter(
  link: Link,
  ready: () => Promise<void>,
  prefix: () => string,
): Counter {
  const alone = new Map<string, { count: number; endsAt: number }>()

  const countAlone = (key: string, windowMs: number): Counted => {
    const now = systemClock.elapsed()
    const known = alone.get(key)
    const window =
      known !== undefined && known.endsAt > now ? known : { count: 0, endsAt: now + windowMs }
    window.count += 1
    // The youngest stand at the end, so that the oldest has to go when there are too many.
    alone.delete(key)
    alone.set(key, window)
    const [oldest] = alone.keys()
    if (alone.size > MOST_COUNTED && oldest !== undefined) alone.delete(oldest)
    return { count: window.count, endsIn: window.endsAt - now, isAlone: true }
  }

  return {
    async count(name, address, windowMs) {
      const digest = sha256(networkOf(canonicalAddress(address) ?? address ?? 'unknown'))
      const key = `${prefix()}${name}:{${digest}}`
      try {
        await ready()
        const answer = await link.run(COUNT, [key], [String(Math.ceil(windowMs))])
        const [count, endsIn] = Array.isArray(answer) ? answer.map(Number) : []
        return { count: count ?? 1, endsIn: endsIn ?? windowMs, isAlone: false }
      } catch (error) {
        const isAway = error instanceof StoreUnavailable || error instanceof RedisError
        if (isAway) return countAlone(key, windowMs)
        throw error
      }
    },
  }
}

/** What is allowed while only this process counts: half, for there are others that count for themselves. */
export function allowedAlone(most: number): number {
  return Math.max(1, Math.floor(most / 2))
}
