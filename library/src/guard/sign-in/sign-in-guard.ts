/**
 * guard/sign-in/ owns how often somebody may try to sign in: counting, slowing, locking, unlocking, and telling a person
 * what happened to their account. Routes that check a password call it, before and after. It never sees a stored
 * password, never decides who somebody is, and never keeps out whoever signs in on a device they have used before
 * because of what others do elsewhere.
 */
import { StoreUnavailable } from '../../errors.js'
import { networkOf } from '../../request/address.js'
import type { GuardContext } from '../context.js'
import type { Refusal } from '../session-guard.js'
import { createAttempt } from './attempt.js'
import type { SignInGuard, SignInLimits, SignInWho } from './contract.js'
import { createParts, type Parts } from './parts.js'
import { toRules, type SignInGuardOptions, type SignInRules } from './rules.js'
import type { Claim, Counted, Refused, Tally } from './tally.js'
import { createUnlockTokens } from './unlock-token.js'

/**
 * Makes a sign-in guard. One for all ways in: it is the same counters that make them equally strong (ASVS 6.3.4).
 *
 * ```ts
 * const start = await guard.begin({ account: user?.id ?? name, incoming })
 * if (!start.isAllowed) return sendRefusal(response, start.refusal)
 * ```
 *
 * Throws `InvalidOption` for numbers and durations that are none.
 */
export function createSignInGuard(
  context: GuardContext,
  options: SignInGuardOptions = {},
): SignInGuard {
  const rules = toRules(options)
  const { normalise } = rules
  const parts = createParts(context, rules, options.notify)
  const { shared, local, devices, name } = parts
  const unlockTokens = createUnlockTokens(context, rules.unlockTokenLifetime, name)
  const unlock = async (account: string, by: 'admin' | 'token'): Promise<void> => {
    await local.unlock(account)
    await shared.unlock(account)
    context.report('signin.unlocked', { subject: account, by })
  }
  return {
    async begin({ account, subject, incoming }) {
      const person = normalise(account)
      const claim: Claim = {
        account: person,
        network: networkOf(incoming.address),
        device: devices.recognise(incoming, person),
      }
      const leave = await parts.lobby(claim)
      const { tally, outcome } = await beginSomewhere(parts, claim, leave)
      if (!outcome.isAllowed) {
        leave()
        return { isAllowed: false, refusal: toRefusal(outcome) }
      }
      return {
        isAllowed: true,
        attempt: createAttempt(parts, { tally, counted: outcome, subject, incoming, leave }),
      }
    },
    remember: ({ account, incoming }) => devices.renew(incoming, normalise(account)),
    unlock: (account, { by }) => unlock(normalise(account), by),
    look: (who) => shared.look(toWho(who, normalise)),
    async clear(who, { by }) {
      const wanted = toWho(who, normalise)
      await local.clear(wanted)
      await shared.clear(wanted)
      if (wanted.account === undefined) return
      context.report('signin.unlocked', { subject: wanted.account, by })
    },
    limits: toLimits(rules),
    createUnlockToken: (account) => unlockTokens.create(normalise(account)),
    async unlockByToken(token) {
      const account = await unlockTokens.spend(context.counters, token)
      if (account === undefined) return false
      await unlock(account, 'token')
      return true
    },
    credentialChanged({ subject, kind, incoming }) {
      context.report('credential.changed', { subject, kind, address: incoming.address })
      parts.tell({ kind: 'credential_changed', subject, credential: kind }, incoming)
    },
  }
}

function toWho(
  { account, address }: SignInWho,
  normalise: SignInRules['normalise'],
): Partial<Pick<Claim, 'account' | 'network'>> {
  return {
    ...(account === undefined ? {} : { account: normalise(account) }),
    ...(address === undefined ? {} : { network: networkOf(address) }),
  }
}

function toLimits({ limits }: SignInRules): SignInLimits {
  const { own, account, accountPerDay, network } = limits
  return {
    maxAttempts: own.max,
    lockout: own.lockFor,
    accountAttempts: account.quota,
    accountAttemptsPerDay: accountPerDay.quota,
    networkAttempts: network.quota,
  }
}

async function beginSomewhere(
  { shared, local }: Parts,
  claim: Claim,
  leave: () => void,
): Promise<{ readonly tally: Tally; readonly outcome: Counted | Refused }> {
  try {
    return { tally: shared, outcome: await shared.begin(claim) }
  } catch (error) {
    if (!(error instanceof StoreUnavailable)) {
      leave()
      throw error
    }
    return { tally: local, outcome: await local.begin(claim) }
  }
}

/** The same words for everybody: whether there is such an account, and whether it is under attack, is nobody's business. */
function toRefusal({ scope, retryAfter }: Refused): Refusal {
  const seconds = Math.ceil(retryAfter / 1_000)
  return scope === 'network'
    ? {
        status: 429,
        code: 'network_blocked',
        message: 'IP temporarily blocked',
        retryAfter: seconds,
      }
    : {
        status: 429,
        code: 'signin_locked',
        message: 'Too many failed sign-ins. Please wait before you try again.',
        retryAfter: seconds,
      }
}
