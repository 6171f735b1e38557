import type { Platform } from './platform.js'
import type { Tabs } from './tabs.js'

/** For how long other tabs can see that a refresh was done; as long as a request may have been under way before it. */
const SHOWN_FOR = 30_000
/** Without Web Locks: how long tabs wait for each other's claims, and for the one that won. */
const CLAIMS_FOR = 50
const WINNER_FOR = 5_000

/** `fresh`: send the request again. `over`: there is nothing to refresh. A response: it could not be done now. */
export type Refreshed = 'fresh' | 'over' | Response

/**
 * Exchanges the tokens that the browser holds in cookies, once for all tabs and all requests that were sent before it.
 *
 * @param sentAt - when the request was sent that was refused (`platform.wallNow()`)
 */
export type Refresh = (sentAt: number) => Promise<Refreshed>

/** @param exchange - does it, without looking left or right. Rejects where the service cannot be reached. */
export function createRefresh(
  platform: Platform,
  tabs: Tabs,
  exchange: () => Promise<Refreshed>,
): Refresh {
  const { locks } = platform
  const run =
    locks === undefined ? inTurnByClaims(platform, tabs) : inTurnByLock(locks, platform, tabs.name)
  let flight: Promise<Refreshed> | undefined
  return (sentAt) => {
    flight ??= run(sentAt, exchange).finally(() => {
      flight = undefined
    })
    return flight
  }
}

type InTurn = (sentAt: number, exchange: () => Promise<Refreshed>) => Promise<Refreshed>

/**
 * One tab at a time; and who comes after another sees by a lock of its own, whose name tells when and how it ended, that it
 * was done meanwhile. (A message could still be on its way when the turn passes on. The browser's list of locks cannot.)
 */
function inTurnByLock(locks: LockManager, { wallNow }: Platform, name: string): InTurn {
  const prefix = `${name} refreshed `
  return (sentAt, exchange) =>
    locks.request(`${name} refresh`, async () => {
      const { held = [] } = await locks.query()
      for (const lock of held) {
        const [at, outcome] = (lock.name ?? '').slice(prefix.length).split(' ')
        if (lock.name?.startsWith(prefix) !== true || Number(at) < sentAt) continue
        return outcome === 'over' ? 'over' : 'fresh'
      }
      const outcome = await exchange()
      if (typeof outcome === 'string') await show(locks, `${prefix}${wallNow()} ${outcome}`)
      return outcome
    })
}

function show(locks: LockManager, name: string): Promise<void> {
  return new Promise((resolve) => {
    void locks.request(name, () => {
      resolve()
      return pause(SHOWN_FOR)
    })
  })
}

/** The best that messages can do: two tabs may refresh at once, which the service forgives. */
function inTurnByClaims({ chance, wallNow }: Platform, tabs: Tabs): InTurn {
  let rival = 1
  let done: { readonly at: number; readonly outcome: 'fresh' | 'over' } | undefined
  let tell: (() => void) | undefined
  tabs.listen((message) => {
    if (message.type === 'claim') rival = Math.min(rival, message.number)
    if (message.type !== 'refreshed') return
    done = { at: wallNow(), outcome: message.outcome }
    rival = 1
    tell?.()
  })
  return async (sentAt, exchange) => {
    const own = chance()
    if (rival === 1) {
      tabs.post({ type: 'claim', number: own })
      await pause(CLAIMS_FOR)
    }
    if (rival < own) {
      await Promise.race([new Promise<void>((resolve) => (tell = resolve)), pause(WINNER_FOR)])
      rival = 1
    }
    if (done !== undefined && done.at >= sentAt) return done.outcome
    const outcome = await exchange()
    if (typeof outcome !== 'string') return outcome
    done = { at: wallNow(), outcome }
    tabs.post({ type: 'refreshed', outcome })
    return outcome
  }
}

const pause = (milliseconds: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, milliseconds))
