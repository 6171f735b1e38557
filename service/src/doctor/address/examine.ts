import { answer, type Finding } from '../finding.js'
import { judgeChain } from './judge-chain.js'
import { judgeCookies } from './judge-cookies.js'
import { FOREIGN, judgeCors } from './judge-cors.js'
import { judgeCaching, judgeHeaders } from './judge-headers.js'
import { isReply, probe, type Probed, type ProbeOptions, type Reply } from './probe.js'
import { readSetCookie } from './set-cookie.js'

/** What is to be examined. */
export interface AddressCase {
  readonly url: URL
  /** Paths of pages that start a session, beside `/`, `/login` and `/session`. */
  readonly pages: readonly string[]
  /** The origin of a front end on another host. */
  readonly origin: string | undefined
  /** Certificates (PEM) of a private authority. */
  readonly ca: string | undefined
  readonly timeout: number
  readonly now: number
  /** Where plain http is asked for. Default port 80 of the same host. */
  readonly plainUrl?: URL | undefined
}

/** Everything a stranger can find out at an address, of any application. */
export async function examineAddress(given: AddressCase): Promise<readonly Finding[]> {
  const ask = async (path: string, options: ProbeOptions = {}): Promise<Probed> =>
    probe(new URL(path, given.url), { ca: given.ca, timeout: given.timeout, ...options })
  const page = await ask('/')
  const reach = answer({
    id: 'address.reach',
    group: 'address',
    asvs: ['12.3.2'],
    title: 'The address answers',
  })
  if (!isReply(page)) {
    const fix = /CERT|TLS|ISSUER|SIGNATURE/.test(page.code)
      ? 'Install a certificate for this name, with its whole chain.'
      : 'Start the application, or look at the name, the port and the firewall.'
    return [reach.fail(page.reason, fix)]
  }
  const paths = [...new Set(['/login', '/session', ...given.pages])]
  const others = (await inTurn(paths.map((path) => async () => ask(path)))).filter(isReply)
  const [plain, spoofed] = await Promise.all([askPlain(given), ask('/', { headers: INVENTED })])
  return [
    reach.pass(`${given.url.origin} answers ${String(page.status)}`),
    ...judgeChain({ page, others, plain, spoofed }, given.now),
    ...judgeHeaders(await arrive(page, ask)),
    ...judgeCookies([page, ...others], given),
    judgeCaching([page, ...others]),
    ...judgeCors(await askAcross(given, ask)),
    judgeTrace(await ask('/', { method: 'TRACE' })),
    judgeMetrics(await ask('/metrics')),
    judgeSignOut(await ask('/logout')),
  ]
}

/** As a client could send them who wants to be taken for somebody else. */
const INVENTED = { 'x-forwarded-proto': 'http', 'x-forwarded-for': '203.0.113.7' }

type Ask = (path: string, options?: ProbeOptions) => Promise<Probed>

async function inTurn<Result>(tasks: readonly (() => Promise<Result>)[]): Promise<Result[]> {
  const results: Result[] = []
  for (const task of tasks) results.push(await task())
  return results
}

/** The page that a redirect on the same host leads to: its headers are what counts. */
async function arrive(page: Reply, ask: Ask): Promise<Reply> {
  const location = page.headers.location ?? ''
  if (page.status < 300 || page.status >= 400 || !URL.canParse(location, page.url)) return page
  const target = new URL(location, page.url)
  if (target.host !== page.url.host) return page
  const reply = await ask(target.pathname + target.search)
  return isReply(reply) ? reply : page
}

async function askPlain({ url, plainUrl, timeout }: AddressCase): Promise<Probed | undefined> {
  if (url.protocol !== 'https:') return undefined
  return probe(plainUrl ?? new URL(`http://${url.hostname}/`), { timeout })
}

async function askAcross({ origin }: AddressCase, ask: Ask) {
  const get = async (from: string): Promise<Probed> =>
    ask('/session', { headers: { origin: from } })
  const preflight = async (from: string): Promise<Probed> =>
    ask('/session', {
      method: 'OPTIONS',
      headers: { origin: from, 'access-control-request-method': 'POST' },
    })
  return {
    preflight: await preflight(FOREIGN),
    get: await get(FOREIGN),
    ofNull: await get('null'),
    own:
      origin === undefined
        ? undefined
        : { origin, preflight: await preflight(origin), get: await get(origin) },
  }
}

function judgeTrace(probed: Probed): Finding {
  const say = answer({
    id: 'address.trace',
    group: 'address',
    asvs: ['13.4.4'],
    title: 'TRACE is not answered',
  })
  if (!isReply(probed)) return say.pass(probed.reason)
  return probed.status >= 400
    ? say.pass(`refused with ${String(probed.status)}`)
    : say.fail(
        `answered with ${String(probed.status)}.`,
        'Refuse TRACE in the proxy and the application.',
      )
}

function judgeMetrics(probed: Probed): Finding {
  const say = answer({
    id: 'address.metrics',
    group: 'address',
    asvs: ['13.4.5'],
    box: 'monitoring',
    title: 'Metrics are not open to everybody',
  })
  if (!isReply(probed)) return say.skipped(probed.reason)
  const isOpen = probed.status === 200 && /^# (?:HELP|TYPE) /m.test(probed.start)
  if (!isOpen) return say.pass(`/metrics is answered with ${String(probed.status)}`)
  return say.fail('/metrics is open.', 'Set METRICS_TOKEN, or METRICS_PORT behind the firewall.')
}

function judgeSignOut(probed: Probed): Finding {
  const say = answer({
    id: 'address.sign-out',
    group: 'address',
    asvs: ['3.5.3'],
    box: 'sign-out',
    title: 'A link cannot sign people out',
  })
  if (!isReply(probed)) return say.skipped(probed.reason)
  const isEnding = probed.cookies.some((line) => readSetCookie(line).isDeletion)
  const seen = `GET /logout is answered with ${String(probed.status)}`
  return isEnding
    ? say.fail(`${seen} and deletes cookies.`, 'Let POST alone sign out.')
    : say.pass(`${seen} and changes nothing`)
}
