import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { SIGN_IN_DEFAULTS } from '../../../src/index.js'
import { toRules } from '../../../src/guard/sign-in/rules.js'

const GUIDE = readFileSync(
  new URL('../../../../docs/guide/sign-in-protection.md', import.meta.url),
  'utf8',
)

/** How the options are called in the table, and where their defaults stand. */
const CALLED: Readonly<Record<string, keyof typeof SIGN_IN_DEFAULTS>> = {
  'delay.from': 'delayFrom',
  'delay.first': 'delayFirst',
  'delay.most': 'delayMost',
  'delay.waiting': 'delayWaiting',
  'deviceCookie.lifetime': 'deviceLifetime',
}

/** The options of the guide with their defaults, by the names in `SIGN_IN_DEFAULTS`. */
function documented(): Record<string, string> {
  const rows = GUIDE.matchAll(/^\| `([\w.]+)`\s+\| `(\w+)`\s+\|/gm)
  return Object.fromEntries(
    [...rows].map(([, name = '', value = '']) => [CALLED[name] ?? name, value]),
  )
}

describe('docs/guide/sign-in-protection.md', () => {
  it('ASVS 6.1.1: documents every limit and lockout with the number that counts, and what keeps lockout from being a weapon', () => {
    const defaults = Object.entries(SIGN_IN_DEFAULTS).map(([name, value]) => [name, String(value)])
    expect(documented()).toEqual(Object.fromEntries(defaults))
    const { limits } = toRules({})
    const minutes = limits.own.lockFor / 60_000
    for (const row of [
      `| one account from one network | ${String(limits.own.max)} failures `,
      `${String(limits.account.quota)} failures in ${String(minutes)} minutes | only devices it was used on before get in`,
      `${String(limits.accountPerDay.quota)} failures in ${String(limits.accountPerDay.window / 3_600_000)} hours`,
      `${String(limits.network.quota)} failures in ${String(minutes)} minutes | \`network_blocked\``,
      `| one known device of an account | ${String(limits.own.max)} failures `,
      '### Lockout is not a weapon',
      '### Many accounts at once',
    ]) {
      expect(GUIDE.replace(/ +/g, ' ')).toContain(row)
    }
  })

  it('keeps the ratio of the defaults where only maxAttempts is given', () => {
    const { limits } = toRules({ maxAttempts: 7 })
    expect([limits.account.quota, limits.accountPerDay.quota, limits.network.quota]).toEqual([
      28, 140, 28,
    ])
    const defaults = toRules({}).limits
    expect([defaults.account.quota, defaults.accountPerDay.quota]).toEqual([
      SIGN_IN_DEFAULTS.accountAttempts,
      SIGN_IN_DEFAULTS.accountAttemptsPerDay,
    ])
    expect(defaults.network.quota).toBe(SIGN_IN_DEFAULTS.networkAttempts)
  })
})
