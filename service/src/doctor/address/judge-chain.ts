import { answer, type Finding } from '../finding.js'
import { isReply, type Probed, type Reply } from './probe.js'
import { isLocal } from './judge-cookies.js'

/** What shows how the proxies in front and the application get along. */
export interface ChainCase {
  readonly page: Reply
  readonly others: readonly Reply[]
  /** The same host by plain http; `undefined` where the address itself is plain http. */
  readonly plain: Probed | undefined
  /** The page once more, with forwarded headers as a client could invent them. */
  readonly spoofed: Probed
}

const PROXY =
  'Set trust proxy to the number or the addresses of your proxies, and let them send X-Forwarded-Proto.'

export function judgeChain(given: ChainCase, now: number): readonly Finding[] {
  return [
    judgeScheme(given),
    judgePlain(given),
    judgeTls(given, now),
    judgeSeen(given),
    judgeDiagnostic(given),
    judgeSpoofed(given),
  ]
}

function judgeScheme({ page }: ChainCase): Finding {
  const say = answer({
    id: 'address.https',
    group: 'address',
    asvs: ['12.2.1'],
    title: 'People come by https',
  })
  if (page.url.protocol === 'https:') return say.pass('the address is https')
  if (isLocal(page.url))
    return say.warn('plain http on this machine', 'Examine the public address.')
  return say.fail(
    'the address is plain http: a Secure cookie is never set, and any other can be read on the way.',
    'Serve it over https.',
  )
}

function judgePlain({ plain }: ChainCase): Finding {
  const say = answer({
    id: 'address.http',
    group: 'address',
    asvs: ['12.2.1', '4.1.2'],
    title: 'Plain http leads to https, or nowhere',
  })
  if (plain === undefined) return say.skipped('the address is plain http')
  if (!isReply(plain)) return say.pass(`plain http: ${plain.reason}`)
  const { status, headers, cookies } = plain
  const fix = 'Redirect pages to https, refuse everything else, and set no cookie.'
  if (cookies.length > 0) return say.fail('plain http sets a cookie.', fix)
  if (status >= 300 && status < 400 && String(headers.location).startsWith('https://')) {
    return say.pass(`plain http: ${String(status)} to https`)
  }
  return status >= 400
    ? say.pass(`plain http is refused with ${String(status)}`)
    : say.fail(`plain http is answered with ${String(status)}.`, fix)
}

const DAY = 86_400_000

function judgeTls({ page }: ChainCase, now: number): Finding {
  const say = answer({
    id: 'address.tls',
    group: 'address',
    asvs: ['12.1.1', '12.2.2'],
    title: 'TLS is up to date, and its certificate good',
  })
  if (page.tls === undefined) return say.skipped('the address is plain http')
  const { protocol, expiresAt } = page.tls
  const days = Math.floor((expiresAt - now) / DAY)
  const seen = `${protocol}, certificate good for ${String(days)} days`
  if (!/^TLSv1\.[23]$/.test(protocol)) return say.fail(seen, 'Allow TLS 1.2 and 1.3 only.')
  return days < 14
    ? say.warn(seen, 'Renew the certificate, and let that happen by itself.')
    : say.pass(seen)
}

/** Signs that the application takes an https request for a plain one: what issue 1044 is about. */
function judgeSeen({ page, others }: ChainCase): Finding {
  const say = answer({
    id: 'address.proxy.scheme',
    group: 'address',
    asvs: ['4.1.3'],
    title: 'The application knows that people come by https',
  })
  if (page.url.protocol !== 'https:') return say.skipped('the address is plain http')
  for (const { url, status, headers } of [page, ...others]) {
    const location = headers.location ?? ''
    if (status < 300 || status >= 400 || location === '') continue
    const target = new URL(location, url)
    if (target.href === url.href) {
      return say.fail(
        `${url.pathname} redirects to itself for ever: the application sees plain http.`,
        PROXY,
      )
    }
    if (target.protocol === 'http:' && target.hostname === url.hostname) {
      return say.fail(
        `${url.pathname} redirects to plain http: the application sees plain http.`,
        PROXY,
      )
    }
  }
  return say.pass('no redirect betrays plain http')
}

function judgeDiagnostic({ page, others }: ChainCase): Finding {
  const say = answer({
    id: 'address.proxy.diagnostic',
    group: 'address',
    asvs: ['4.1.3'],
    title: 'The application has nothing to say about its cookies',
  })
  for (const { headers } of [page, ...others]) {
    const told = headers['sojourn-diagnostic']
    if (typeof told === 'string') return say.fail(told.slice(0, 300), PROXY)
  }
  return say.pass('no sojourn-diagnostic header')
}

function judgeSpoofed({ page, spoofed }: ChainCase): Finding {
  const say = answer({
    id: 'address.proxy.spoofed',
    group: 'address',
    asvs: ['4.1.3'],
    title: 'Forwarded headers that a client invents change nothing',
  })
  if (!isReply(spoofed)) return say.skipped(spoofed.reason)
  const isSame =
    spoofed.status === page.status && spoofed.headers.location === page.headers.location
  if (isSame) return say.pass('the answer is the same')
  return say.fail(
    `with an invented X-Forwarded-Proto the answer is ${String(spoofed.status)} instead of ${String(page.status)}.`,
    'Let the proxy replace X-Forwarded-* as they come in, and trust it alone.',
  )
}
