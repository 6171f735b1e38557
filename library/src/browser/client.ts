import { createCalls, PASSIVE, PATIENCE } from './calls.js'
import { Live } from './live.js'
import type { Client, ClientOptions, ClientPaths } from './options.js'
import { browserPlatform, type Platform } from './platform.js'
import { createRefresh, type Refreshed } from './refresh.js'
import { createTabs, type Tabs } from './tabs.js'
import { View } from './view.js'
import { wrapFetch } from './wrapped-fetch.js'

const PATHS: ClientPaths = {
  session: '/session',
  extend: '/session/extend',
  signOut: '/logout',
  sessions: '/sessions',
  signIn: '/login',
  refresh: '/auth/refresh',
  csrf: '/csrf',
  events: '/events',
}
/** WCAG 2.2.1: who is warned has at least this long to do something. Seconds. */
const LEAST_WARNING = 20
const LEAST_POLL = 5

/**
 * The client of a service's session routes, for one page. Make one per page, and `close()` it if the page lives on without it.
 *
 * @throws RangeError for a `warnBefore` or `pollEvery` that is too short.
 */
export function createClient(options: ClientOptions = {}): Client {
  return createClientOn(browserPlatform(), options)
}

/** {@link createClient} in a browser that tests have made up. */
export function createClientOn(browser: Platform, options: ClientOptions = {}): Client {
  const { warnBefore = 60, pollEvery = 60, fetch = browser.fetch } = options
  if (!(warnBefore >= LEAST_WARNING && pollEvery >= LEAST_POLL)) {
    throw new RangeError(`warnBefore is at least ${LEAST_WARNING} s, pollEvery ${LEAST_POLL} s.`)
  }
  const platform = { ...browser, fetch }
  const { origin } = new URL(options.origin ?? '', platform.address())
  const paths = { ...PATHS, ...options.paths }
  const addressOf = (path: string | false): string | undefined =>
    path === false ? undefined : new URL(path, origin).href

  const tabs = createTabs(platform, origin)
  const view = new View(platform, tabs, warnBefore * 1000)
  const refresh = createRefreshAt(addressOf(paths.refresh), platform, tabs)
  const csrfAddress = addressOf(paths.csrf)
  const wrapped = wrapFetch({ platform, view, refresh, origin, csrfAddress })
  const { ask, ...calls } = createCalls({ platform, view, fetch: wrapped, origin, paths })
  view.ask = ask
  const address = addressOf(paths.events)
  const live = new Live({ platform, tabs, view, address, pollEvery: pollEvery * 1000 })
  ask().catch(() => undefined)
  return {
    fetch: wrapped,
    get state() {
      return view.state
    },
    secondsLeft: () => view.secondsLeft(),
    on: view.on,
    ...calls,
    close() {
      live.close()
      view.close()
      tabs.close()
    },
  }
}

function createRefreshAt(address: string | undefined, platform: Platform, tabs: Tabs) {
  if (address === undefined) return undefined
  // The refresh is nobody's activity: the request that wanted it is, and is sent again.
  return createRefresh(platform, tabs, async (): Promise<Refreshed> => {
    // All tabs wait for it, so not for ever.
    const signal = AbortSignal.timeout(PATIENCE)
    const init = { method: 'POST', credentials: 'include', headers: PASSIVE, signal } as const
    const answer = await platform.fetch(address, init)
    if (answer.ok) return 'fresh'
    // 404, 405: there is no such route here.
    return [400, 401, 404, 405].includes(answer.status) ? 'over' : answer
  })
}
