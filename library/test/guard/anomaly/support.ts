import { createAnomalyGuard } from '../../../src/guard/anomaly/index.js'
import type { AnomalyOptions } from '../../../src/guard/anomaly/index.js'
import type { Refusal } from '../../../src/guard/session-guard.js'
import type { SojournOptions } from '../../../src/options.js'
import type { Incoming } from '../../../src/request/incoming.js'
import type { SojournEvents } from '../../../src/session/events.js'
import { Browser, incoming, type RequestFacts } from '../../support/browser.js'
import { hearing, scene } from '../../support/sojourn.js'

/** User agents, as their browsers send them. */
export const AGENTS = {
  firefox: 'Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:144.0) Gecko/20100101 Firefox/144.0',
  newerFirefox: 'Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:145.0) Gecko/20100101 Firefox/145.0',
  chrome:
    'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36',
  edge: 'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36 Edg/142.0.0.0',
  android:
    'Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Mobile Safari/537.36',
  iphone:
    'Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.6 Mobile/15E148 Safari/604.1',
  linux:
    'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36',
} as const

export const HOME = '203.0.113.7'
export const PHONE = '198.51.100.20'
export const VPN = '192.0.2.99'

export interface ClientFacts extends RequestFacts {
  readonly hints?: Readonly<Record<string, string>>
}

/** Sessions under watch, and a request as an adapter would bring it. */
export function watched(
  options: AnomalyOptions = {},
  settings: Partial<SojournOptions<Record<string, unknown>>> = {},
) {
  const made = scene({ privacy: { agent: 'full' }, ...settings })
  const { sojourn, clock } = made
  const anomalies: SojournEvents['anomaly.detected'][] = []
  const suspicions: SojournEvents['signin.suspicious'][] = []
  const refusals: SojournEvents['request.refused'][] = []
  sojourn.on('anomaly.detected', (event) => anomalies.push(event))
  sojourn.on('signin.suspicious', (event) => suspicions.push(event))
  sojourn.on('request.refused', (event) => refusals.push(event))
  const guard = createAnomalyGuard(sojourn, options)
  const browser = new Browser(sojourn)
  const home = { address: HOME, userAgent: AGENTS.firefox }
  return {
    ...made,
    guard,
    browser,
    anomalies,
    suspicions,
    refusals,
    signIn: async (facts: ClientFacts = home, who = browser, subject = 'alice') => {
      await who.visit((session) => session.signIn(subject), facts)
      await settle(sojourn)
    },
    /** One request. Answers what the guard says, and who is signed in behind it. */
    async come(facts: ClientFacts = {}, who = browser) {
      const all = { ...home, ...facts }
      const request = withHeaders(incoming(who.cookie, all), all.hints ?? {})
      const answer = await who.visit(async (session) => {
        await session.load()
        const refusal = await guard.check(request, session)
        return { refusal, subject: session.subject, awaits: session.facts?.awaits, session }
      }, all)
      await settle(sojourn)
      clock.advance(61_000)
      return answer
    },
  }
}

function withHeaders(base: Incoming, hints: Readonly<Record<string, string>>): Incoming {
  return { ...base, header: (name) => hints[name.toLowerCase()] ?? base.header(name) }
}

/** Lets listeners, and what they ask of the store, come to an end. */
export async function settle(sojourn: { settled(): Promise<void> }): Promise<void> {
  await sojourn.settled()
  for (let turn = 0; turn < 3; turn += 1) await hearing()
}

export function codeOf(refusal: Refusal | undefined): string | undefined {
  return refusal?.code
}
