import { answer, type Answers, type Finding } from '../finding.js'
import { isReply, type Probed, type Reply } from './probe.js'

/** An origin that nobody has allowed. */
export const FOREIGN = 'https://sojourn-doctor.invalid'

/** What was asked with an `Origin` header, and the answers. */
export interface CorsCase {
  readonly preflight: Probed
  readonly get: Probed
  readonly ofNull: Probed
  /** The origin whose pages call this address, and the answers to it. */
  readonly own:
    { readonly origin: string; readonly preflight: Probed; readonly get: Probed } | undefined
}

export function judgeCors(given: CorsCase): readonly Finding[] {
  return [judgeForeign(given), ...judgeOwn(given)]
}

function judgeForeign({ preflight, get, ofNull }: CorsCase): Finding {
  const say = answer({
    id: 'address.cors.foreign',
    group: 'address',
    asvs: ['3.4.2'],
    box: 'cors',
    title: 'Pages of foreign origins cannot read what people see',
  })
  const replies = [preflight, get, ofNull].filter(isReply)
  if (replies.length === 0) return say.skipped('the address does not answer')
  const open = replies.find((reply) => allowed(reply) !== '')
  if (open === undefined) return say.pass('a foreign origin gets no Access-Control-Allow-Origin')
  const fix = 'List the origins that may call with credentials, and answer no other.'
  const word = allowed(open)
  const hasCredentials = mayHaveCredentials(open)
  if (word === '*' && !hasCredentials) {
    return say.warn('Access-Control-Allow-Origin is * (without credentials).', fix)
  }
  if (word === '*') {
    return say.fail(
      'Access-Control-Allow-Origin is * together with credentials: browsers refuse it.',
      fix,
    )
  }
  if (hasCredentials) {
    return say.fail('any origin is echoed, with credentials: every site can act for people.', fix)
  }
  return say.warn('any origin is echoed (without credentials).', fix)
}

/** Three ways in which a front end of one's own fails to get its cookie. */
function judgeOwn({ own }: CorsCase): readonly Finding[] {
  return OWN.map(([id, title, judge]) => {
    const say = answer({
      id: `address.cors.${id}`,
      group: 'address',
      asvs: ['3.4.2'],
      box: 'cors',
      title,
    })
    if (own === undefined) return say.skipped('no --origin was named')
    const { origin, get, preflight } = own
    if (!isReply(get) || !isReply(preflight)) return say.skipped('the address does not answer')
    return judge(say, origin, id === 'preflight' ? preflight : get)
  })
}

const OWN: readonly (readonly [
  id: string,
  title: string,
  judge: (say: Answers, origin: string, reply: Reply) => Finding,
])[] = [
  [
    'origin',
    'Your front end may call',
    (say, origin, reply) => {
      const seen = `Access-Control-Allow-Origin: ${allowed(reply) || 'none'}`
      const fix = `Allow ${origin} by name (CORS_ORIGIN), without a slash at its end.`
      return allowed(reply) === origin ? say.pass(seen) : say.fail(seen, fix)
    },
  ],
  [
    'credentials',
    'Your front end may send cookies',
    (say, _origin, reply) =>
      mayHaveCredentials(reply)
        ? say.pass('Access-Control-Allow-Credentials: true; fetch needs credentials: "include"')
        : say.fail(
            'no Access-Control-Allow-Credentials: true: browsers throw the cookie away.',
            'Send it, and call with fetch(…, { credentials: "include" }).',
          ),
  ],
  [
    'preflight',
    'Preflights of your front end are answered',
    (say, origin, reply) => {
      const seen = `OPTIONS was answered ${String(reply.status)}`
      const fix = 'Answer OPTIONS with 204 and the CORS headers, before any sign-in check.'
      const isAnswered = reply.status < 300 && allowed(reply) === origin
      return isAnswered ? say.pass(seen) : say.fail(seen, fix)
    },
  ],
]

function allowed({ headers }: Reply): string {
  return headers['access-control-allow-origin'] ?? ''
}

function mayHaveCredentials({ headers }: Reply): boolean {
  return headers['access-control-allow-credentials'] === 'true'
}
