import type { ConfigProblem } from '../../config/refusal.js'
import { answer, type Box, type Finding } from '../finding.js'

/** Which box of the list a refused setting belongs to, by what its message speaks of. The first that fits counts. */
const BOXES: readonly (readonly [RegExp, Box])[] = [
  [/REDIS/, 'redis'],
  [/REFRESH/, 'refresh'],
  [/CORS|ORIGIN/, 'cors'],
  [/LOGIN_ATTEMPTS|LOCKOUT/, 'limits'],
  [/COOKIE|SAMESITE|SESSION_TTL|SESSION_IDLE|SESSION_MAX/, 'cookies'],
  [/METRICS|LOG_LEVEL/, 'monitoring'],
  [/STALENESS/, 'sign-out'],
  [/SECRET|TOKEN/, 'secret'],
]
const ALL: readonly Box[] = [...new Set(BOXES.map(([, box]) => box))]

/** What is refused at start, one finding each; boxes that are left without an answer say why. */
export function judgeRefused(problems: readonly ConfigProblem[]): readonly Finding[] {
  const refused = problems.map(({ code, message }) => {
    // A secret that is bad is a bad secret, whatever it is for.
    const box = code.startsWith('CONFIG_SECRET')
      ? 'secret'
      : BOXES.find(([words]) => words.test(`${code} ${message}`))?.[1]
    const say = answer({
      id: `config.refused.${code.slice('CONFIG_'.length).toLowerCase()}`,
      group: 'configuration',
      asvs: code.startsWith('CONFIG_SECRET') ? ['13.2.3'] : [],
      title: 'The service starts with this configuration',
      ...(box === undefined ? {} : { box }),
    })
    return say.fail(`${code}: ${message}`, 'Correct it: the service exits with code 78.')
  })
  const answered = new Set(refused.map(({ box }) => box))
  const open = ALL.filter((box) => !answered.has(box)).map((box) =>
    answer({
      id: `config.${box}`,
      group: 'configuration',
      asvs: [],
      box,
      title: 'The configuration can be judged',
    }).skipped('the configuration is refused; correct it first'),
  )
  return [...refused, ...open]
}
