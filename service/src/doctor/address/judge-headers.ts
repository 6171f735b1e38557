import { answer, type Check, type Finding } from '../finding.js'
import type { Reply } from './probe.js'

type Header = (name: string) => string
type Problem = readonly [seen: string, fix: string]

interface HeaderRule extends Pick<Check, 'id' | 'title' | 'asvs'> {
  readonly problem: (header: Header) => Problem | undefined
  readonly isWarning?: true
}

const YEAR = 31_536_000

const RULES: readonly HeaderRule[] = [
  {
    id: 'address.header.csp',
    asvs: ['3.4.3'],
    title: 'A Content-Security-Policy says what a page may load',
    problem: (header) =>
      header('content-security-policy') === ''
        ? [
            'no Content-Security-Policy',
            "Send one; at least object-src 'none' and base-uri 'none'.",
          ]
        : undefined,
  },
  {
    id: 'address.header.nosniff',
    asvs: ['3.4.4'],
    title: 'Browsers do not guess types',
    problem: (header) =>
      header('x-content-type-options').toLowerCase() === 'nosniff'
        ? undefined
        : ['no X-Content-Type-Options: nosniff', 'Send it with every answer.'],
  },
  {
    id: 'address.header.referrer',
    asvs: ['3.4.5'],
    title: 'Other sites do not learn paths and queries',
    problem: (header) =>
      header('referrer-policy') === '' || header('referrer-policy').includes('unsafe-url')
        ? ['no Referrer-Policy that keeps paths back', 'Send Referrer-Policy: strict-origin.']
        : undefined,
  },
  {
    id: 'address.header.frames',
    asvs: ['3.4.6'],
    title: 'Other sites cannot put the page into a frame',
    problem: (header) =>
      header('content-security-policy').includes('frame-ancestors')
        ? undefined
        : ['no frame-ancestors in the policy', "Add frame-ancestors 'none' (or 'self')."],
  },
  {
    id: 'address.header.opener',
    asvs: ['3.4.8'],
    title: 'A page that opened this one has no hold on it',
    isWarning: true,
    problem: (header) =>
      header('cross-origin-opener-policy') === ''
        ? ['no Cross-Origin-Opener-Policy', 'Send Cross-Origin-Opener-Policy: same-origin.']
        : undefined,
  },
  {
    id: 'address.header.powered',
    asvs: ['13.4.6'],
    title: 'Answers do not say what they are made with',
    isWarning: true,
    problem: (header) =>
      header('x-powered-by') === ''
        ? undefined
        : ['X-Powered-By names the framework', "Take it away: app.disable('x-powered-by')."],
  },
]

/** Judges the headers of a page. */
export function judgeHeaders(page: Reply): readonly Finding[] {
  const header: Header = (name) => String(page.headers[name] ?? '')
  const findings = RULES.map(({ problem, isWarning, ...check }) => {
    const say = answer({ ...check, group: 'address' })
    const found = problem(header)
    if (found === undefined) return say.pass(`${page.url.pathname} has what is needed`)
    return isWarning === true ? say.warn(found[0], found[1]) : say.fail(found[0], found[1])
  })
  return [...findings, judgeStrictTransport(page, header)]
}

function judgeStrictTransport({ url }: Reply, header: Header): Finding {
  const say = answer({
    id: 'address.header.hsts',
    group: 'address',
    asvs: ['3.4.1'],
    title: 'Browsers come by https alone, for a year',
  })
  if (url.protocol !== 'https:') return say.skipped('the address is plain http')
  const text = header('strict-transport-security')
  const age = Number(/max-age="?(\d+)/i.exec(text)?.[1] ?? 0)
  if (age >= YEAR) return say.pass(text)
  const seen = text === '' ? 'no Strict-Transport-Security' : `max-age is ${String(age)}`
  return say.fail(seen, `Send Strict-Transport-Security: max-age=${String(YEAR)}.`)
}

/** Answers that set a cookie must not be kept by a cache in between: it would hand the session to others. */
export function judgeCaching(replies: readonly Reply[]): Finding {
  const say = answer({
    id: 'address.cache',
    group: 'address',
    asvs: ['14.3.2'],
    box: 'cookies',
    title: 'No cache keeps an answer that sets a cookie',
  })
  const setting = replies.filter(({ cookies }) => cookies.length > 0)
  if (setting.length === 0) return say.skipped('no answer set a cookie')
  const kept = setting.find(
    ({ headers }) => !/no-store|private/i.test(headers['cache-control'] ?? ''),
  )
  if (kept === undefined) return say.pass('no-store or private on each')
  return say.fail(
    `${kept.url.pathname} sets a cookie and says nothing against being kept.`,
    'Send Cache-Control: no-store with every answer that sets a cookie.',
  )
}
