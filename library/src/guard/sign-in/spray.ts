import type { Counters } from '../../store/counters.js'
import { createHmac } from '../../system/digest.js'
import type { SignInRules } from './rules.js'
import type { Namer } from './tally.js'

/** A failed attempt, as it looks over all accounts. */
export interface Failure {
  readonly account: string
  readonly network: string
  readonly password: string | undefined
}

/** What many failures together look like. */
export type Pattern = 'spray' | 'stuffing'

/** Notes a failure; answers the patterns it has completed, each once in a window. */
export type SprayWatch = (counters: Counters, failure: Failure) => Promise<readonly Pattern[]>

/**
 * Counts accounts that fail with the same password (a spray), and from the same network (stuffing of lists from
 * elsewhere). Of a password 20 bits of a keyed digest are used, within the keyed digest that names a counter: even
 * who has the store and the key learns of one password no more than which of a million groups it is in.
 */
export function createSprayWatch(
  { accounts, window }: SignInRules['spray'],
  name: Namer,
  passwordKey: Buffer,
): SprayWatch {
  const hmac = createHmac(passwordKey)
  const once = { max: 1, lockFor: window, forgetAfter: window }
  const many = { max: accounts, lockFor: window, forgetAfter: window }

  const isComplete = async (
    counters: Counters,
    pattern: Pattern,
    group: string,
    account: string,
  ): Promise<boolean> => {
    const seen = await counters.attempt(name('seen', pattern, group, account), once)
    if (!seen.isAllowed) return false
    return (await counters.attempt(name(pattern, group), many)).hasLocked
  }
  return async (counters, { account, network, password }) => {
    const groups: (readonly [Pattern, string])[] = []
    if (password !== undefined) groups.push(['spray', twentyBits(hmac.sign(password))])
    if (network !== '') groups.push(['stuffing', network])
    const complete = await Promise.all(
      groups.map(([pattern, group]) => isComplete(counters, pattern, group, account)),
    )
    return groups.filter((_group, at) => complete[at] === true).map(([pattern]) => pattern)
  }
}

function twentyBits(digest: Buffer): string {
  return (digest.readUIntBE(0, 3) >>> 4).toString(36)
}
