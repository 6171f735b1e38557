/** When the client says what: before the end, at the end, by the service's clock, in all tabs at once; and whom it asks when. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createSessionHook } from '../../src/browser/react.js'
import { MadeUpService, madeUpBrowser, problem, type Tab } from './support/made-up-browser.js'

let service: MadeUpService
let browser: ReturnType<typeof madeUpBrowser>

beforeEach(() => {
  vi.useFakeTimers()
  service = new MadeUpService()
  service.idle = 120_000
  service.signIn()
  browser = madeUpBrowser(service)
})
afterEach(() => {
  browser.close()
  vi.useRealTimers()
})

const pass = (seconds: number): Promise<unknown> => vi.advanceTimersByTimeAsync(seconds * 1000)
const names = ({ told }: Tab): string[] => told.map(({ name }) => name)
/** Without polls, which would be counted among what is asked. */
const openTabs = (count: number): Tab[] =>
  Array.from({ length: count }, () => browser.open({ pollEvery: 36_000 }))

describe('expiring', () => {
  it('is told in eight tabs at the same moment, once, after asking once', async () => {
    const tabs = openTabs(8)
    await pass(59)
    const asked = service.count('GET /session')
    for (const tab of tabs) expect(names(tab)).toEqual([])
    await pass(2)
    const moments = tabs.map(({ told }) => told[0]?.at ?? NaN)
    expect(Math.max(...moments) - Math.min(...moments)).toBeLessThanOrEqual(200)
    for (const { told, client } of tabs) {
      expect(told).toMatchObject([{ name: 'expiring', event: { mayExtend: true } }])
      expect(client.secondsLeft()).toBe(59)
      expect(client.state.isExpiring).toBe(true)
    }
    expect(service.count('GET /session') - asked).toBe(1)
    await pass(30)
    for (const tab of tabs) expect(names(tab)).toEqual(['expiring'])
  })

  it('and the countdown go by the service and not by the clock of the computer', async () => {
    const tab = browser.open()
    await pass(10)
    service.moveClientClock(86_400_000, (at) => vi.setSystemTime(at))
    await pass(45)
    expect(names(tab)).toEqual([])
    expect(tab.client.secondsLeft()).toBe(65)
    service.moveClientClock(-2 * 86_400_000, (at) => vi.setSystemTime(at))
    await pass(6)
    expect(names(tab)).toEqual(['expiring'])
    expect(tab.client.state.status).toBe('active')
  })

  it('goes by the Date header where a service says no serverTime', async () => {
    service.instead.set('GET /session', () => {
      const { serverTime, ...facts } = service.facts() ?? {}
      const date = new Date(String(serverTime)).toUTCString()
      return Response.json(facts, { headers: { date } })
    })
    const tab = browser.open()
    await pass(1)
    expect(Math.abs(tab.client.secondsLeft() - 119)).toBeLessThanOrEqual(1)
  })

  it('is not told where somebody was active meanwhile, unseen', async () => {
    const tabs = openTabs(2)
    await pass(50)
    service.touch()
    await pass(20)
    for (const tab of tabs) expect(names(tab)).not.toContain('expiring')
    await pass(41)
    for (const tab of tabs) expect(names(tab)).toContain('expiring')
  })

  it('is told where the service cannot be asked', async () => {
    const tab = browser.open()
    await pass(5)
    service.instead.set('GET /session', () => Promise.reject(new TypeError('offline')))
    await pass(56)
    expect(names(tab)).toEqual(['expiring'])
    service.instead.set('GET /session', () => new Promise(() => undefined))
    const other = browser.open()
    expect(other.client.state.status).toBe('unknown')
  })

  it('leaves a quarter of a short idle time in peace', async () => {
    service.idle = 20_000
    service.touch()
    const tab = browser.open({ warnBefore: 20 })
    await pass(4.9)
    expect(names(tab)).toEqual([])
    await pass(0.5)
    expect(names(tab)).toEqual(['expiring'])
    await tab.client.extend()
    expect(names(tab)).toEqual(['expiring', 'extended'])
    await pass(4.5)
    expect(names(tab)).toEqual(['expiring', 'extended'])
  })

  it('says where nothing can move the end', async () => {
    service.absolute = 100_000
    const tab = browser.open()
    await pass(45)
    expect(tab.told).toMatchObject([{ name: 'expiring', event: { mayExtend: false } }])
    await pass(60)
    expect(tab.client.state).toMatchObject({ status: 'ended', reason: 'expired_absolute' })
  })

  it('gives at least 20 seconds, or is refused', () => {
    for (const warnBefore of [19, 0, NaN])
      expect(() => browser.open({ warnBefore })).toThrow(RangeError)
    expect(() => browser.open({ pollEvery: 4 })).toThrow(RangeError)
    expect(() => browser.open({ warnBefore: 20, pollEvery: 5 })).not.toThrow()
  })
})

describe('extended', () => {
  it('in one tab is told in all, and the warning comes again for the new end', async () => {
    const tabs = openTabs(4)
    await pass(61)
    await tabs[2]?.client.extend()
    await pass(0.1)
    for (const tab of tabs) {
      expect(names(tab)).toEqual(['expiring', 'extended'])
      expect(tab.client.state.isExpiring).toBe(false)
      expect(tab.client.secondsLeft()).toBe(120)
    }
    await pass(61)
    for (const tab of tabs) expect(names(tab)).toEqual(['expiring', 'extended', 'expiring'])
  })

  it('is not taken back by an answer that was overtaken', async () => {
    const [tab = browser.open()] = openTabs(1)
    await pass(30)
    const old = service.facts()
    service.instead.set('GET /session', async () => {
      await new Promise((resolve) => setTimeout(resolve, 2_000))
      return Response.json(old)
    })
    const asked = tab.client.check()
    await pass(1)
    await tab.client.extend()
    await pass(3)
    await asked
    expect(tab.client.secondsLeft()).toBe(117)
  })
})

describe('ended', () => {
  it('comes with the end, in all tabs, with the reason, and not before the service says so', async () => {
    const tabs = openTabs(8)
    await pass(119)
    for (const tab of tabs) expect(names(tab)).toEqual(['expiring'])
    const asked = service.count('GET /session')
    await pass(2)
    for (const tab of tabs) {
      expect(names(tab)).toEqual(['expiring', 'ended'])
      expect(tab.client.state).toMatchObject({ status: 'ended', reason: 'expired_idle' })
    }
    expect(service.count('GET /session') - asked).toBe(1)
  })

  it('gives the reason itself where the cookie went with the session', async () => {
    const [tab = browser.open()] = openTabs(1)
    await pass(61)
    service.instead.set('GET /session', () =>
      problem(401, 'session_missing', { challenge: 'Cookie realm="sojourn"' }),
    )
    service.instead.set('POST /auth/refresh', () => problem(401, 'token_missing'))
    await pass(60)
    expect(tab.client.state).toMatchObject({ status: 'ended', reason: 'expired_idle' })
  })

  it.each([
    ['offline', () => Promise.reject(new TypeError('offline'))],
    ['a service in trouble', () => problem(503, 'store_unavailable')],
    ['a gateway that answers with a page', () => new Response('<html>', { status: 200 })],
  ])(
    'is not told by %s; the page asks ever more seldom, and at once when it is back',
    async (_, answer) => {
      const tab = browser.open()
      await pass(100)
      service.instead.set('GET /session', answer)
      await pass(600)
      const asked = service.count('GET /session')
      expect(asked).toBeLessThan(45)
      expect(names(tab)).toEqual(['expiring'])
      expect(tab.client.state.status).toBe('active')
      service.instead.clear()
      tab.goOnline()
      await pass(0.1)
      expect(tab.client.state).toMatchObject({ status: 'ended', reason: 'expired_idle' })
    },
  )

  it('is told although another listener throws', async () => {
    const thrown = vi.fn()
    vi.stubGlobal('reportError', thrown)
    const tab = browser.open()
    const told = vi.fn()
    tab.client.on('ended', () => {
      throw new Error('mine')
    })
    const stop = tab.client.on('ended', told)
    await pass(1)
    service.end('revoked_admin')
    await tab.client.check()
    expect(told).toHaveBeenCalledOnce()
    expect(thrown).toHaveBeenCalledOnce()
    stop()
    vi.unstubAllGlobals()
  })

  it('is followed by another sign-in, which all tabs learn of', async () => {
    const tabs = openTabs(2)
    await pass(1)
    await tabs[0]?.client.signOut()
    await pass(1)
    service.signIn('bob')
    await tabs[1]?.client.check()
    await pass(1)
    for (const { client } of tabs) {
      expect(client.state).toMatchObject({ status: 'active', subject: 'bob' })
    }
  })
})

describe('the live part', () => {
  const polled = (): number => service.count('GET /session')

  it('polls in one of the tabs that can be seen, and in none that is hidden', async () => {
    service.idle = 3_600_000
    service.touch()
    const tabs = Array.from({ length: 4 }, () => browser.open())
    await pass(1)
    const atFirst = polled()
    await pass(300)
    expect(polled() - atFirst).toBeGreaterThanOrEqual(4)
    expect(polled() - atFirst).toBeLessThanOrEqual(10)
    tabs[0]?.hide()
    const withThree = polled()
    await pass(300)
    expect(polled() - withThree, 'another tab goes on').toBeGreaterThanOrEqual(3)
    for (const tab of tabs) tab.hide()
    const withNone = polled()
    await pass(1_200)
    expect(polled()).toBe(withNone)
    service.end('revoked_admin')
    tabs[3]?.show()
    await pass(0.1)
    for (const tab of tabs) expect(names(tab)).toEqual(['ended'])
  })

  it('polls without counting as activity', async () => {
    const tab = browser.open()
    await pass(300)
    expect(tab.client.state).toMatchObject({ status: 'ended', reason: 'expired_idle' })
  })

  it('holds one stream for all tabs, which tells them what happens', async () => {
    browser.close()
    browser = madeUpBrowser(service, { hasStream: true })
    const tabs = openTabs(8)
    await pass(1)
    expect(service.streams).toHaveLength(1)
    const [stream] = service.streams
    stream?.onopen?.()
    stream?.say('session', service.facts())
    await pass(20)
    service.touch()
    stream?.say('extended', service.facts())
    stream?.say('news', { of: 'tomorrow' })
    stream?.say('extended', 'nonsense')
    await pass(1)
    for (const tab of tabs) expect(names(tab)).toEqual(['extended'])
    const { id } = tabs[0]?.client.state ?? {}
    stream?.say('ended', { id: 'another', reason: 'logged_out' })
    await pass(1)
    for (const tab of tabs) expect(names(tab)).toEqual(['extended'])
    stream?.say('ended', { id, reason: 'revoked_admin' })
    await pass(1)
    for (const tab of tabs) {
      expect(names(tab)).toEqual(['extended', 'ended'])
      expect(tab.client.state.reason).toBe('revoked_admin')
    }
    expect(stream?.isClosed).toBe(true)
  })

  it('takes a renewed session for no end', async () => {
    browser.close()
    browser = madeUpBrowser(service, { hasStream: true })
    const tab = browser.open()
    await pass(1)
    const { id } = tab.client.state
    service.signIn('ada')
    service.streams[0]?.say('ended', { id, reason: 'signed_in_again' })
    await pass(1)
    expect(names(tab)).toEqual([])
    expect(tab.client.state.status).toBe('active')
    expect(tab.client.state.id).not.toBe(id)
  })

  it('opens the stream again, ever more seldom, and polls where there is none', async () => {
    service.idle = 3_600_000
    service.touch()
    browser.close()
    browser = madeUpBrowser(service, { hasStream: true })
    const tab = browser.open()
    await pass(1)
    const { streams } = service
    streams.at(-1)?.onopen?.()
    const moments: number[] = []
    for (let attempt = 0; attempt < 7; attempt += 1) {
      const count = streams.length
      streams.at(-1)?.onerror?.()
      const brokenAt = performance.now()
      while (streams.length === count) await pass(0.5)
      moments.push(Math.round((performance.now() - brokenAt) / 1000))
    }
    expect(moments).toEqual([...moments].sort((a, b) => a - b))
    expect(moments[0]).toBeLessThanOrEqual(2)
    expect(moments.at(-1)).toBeGreaterThanOrEqual(20)
    expect(moments.at(-1)).toBeLessThanOrEqual(90)
    // Never opened: the route is not there.
    tab.client.close()
    service.streams.length = 0
    const other = browser.open()
    await pass(1)
    for (let attempt = 0; attempt < 5; attempt += 1) {
      streams.at(-1)?.onerror?.()
      await pass(61)
    }
    expect(streams).toHaveLength(3)
    const before = polled()
    await pass(200)
    expect(polled()).toBeGreaterThan(before)
    other.hide()
    expect(streams.every(({ isClosed }) => isClosed)).toBe(true)
  })

  it('without Web Locks holds no stream, as each tab would have its own', async () => {
    browser.close()
    browser = madeUpBrowser(service, { hasLocks: false, hasStream: true })
    openTabs(3)
    await pass(1)
    expect(service.streams).toHaveLength(0)
  })

  it('stops altogether when the client is closed', async () => {
    const tab = browser.open()
    await pass(1)
    tab.client.close()
    const before = polled()
    await pass(600)
    expect(polled()).toBe(before)
    expect(names(tab)).toEqual([])
  })
})

describe('the hook for React', () => {
  it('reads and follows the state, and knows nothing on the server', async () => {
    const tab = browser.open()
    let follow: ((onChange: () => void) => () => void) | undefined
    const useSyncExternalStore = <Snapshot>(
      subscribe: (onChange: () => void) => () => void,
      read: () => Snapshot,
      readOnServer?: () => Snapshot,
    ): Snapshot => {
      follow = subscribe
      expect(readOnServer?.()).toEqual({ status: 'unknown' })
      return read()
    }
    const useSession = createSessionHook({ useSyncExternalStore }, tab.client)
    expect(useSession()).toEqual({ status: 'unknown' })
    const changed = vi.fn()
    const stop = follow?.(changed)
    await pass(1)
    expect(changed).toHaveBeenCalledOnce()
    expect(useSession()).toBe(tab.client.state)
    stop?.()
    await tab.client.signOut()
    expect(changed).toHaveBeenCalledOnce()
    const useOnServer = createSessionHook({ useSyncExternalStore }, undefined)
    expect(useOnServer()).toEqual({ status: 'unknown' })
    follow?.(changed)()
  })
})
