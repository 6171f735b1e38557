import { createMemoryCounters, CounterTables } from '../../store/memory/counters.js'
import { createHmac } from '../../system/digest.js'
import type { GuardContext } from '../context.js'
import type { SignInIncoming } from './contract.js'
import { createDelay, type Delay } from './delay.js'
import { createDeviceCookies, type DeviceCookies } from './device-cookie.js'
import { halved, type SignInGuardOptions, type SignInNotice, type SignInRules } from './rules.js'
import { createSprayWatch, type SprayWatch } from './spray.js'
import { createTally, type Claim, type Namer, type Tally } from './tally.js'
import { createTurnstile } from './turnstile.js'

/** Keys counted by a process while the store is away: about 2 MB. */
const LOCAL_KEYS = 10_000

/** What a guard is made of. */
export interface Parts {
  readonly context: GuardContext
  readonly rules: SignInRules
  readonly name: Namer
  /** Over all processes. */
  readonly shared: Tally
  /** In this process, stricter: while the other one is away. */
  readonly local: Tally
  readonly devices: DeviceCookies
  readonly delay: Delay
  /** Waits until no other attempt of the same account from the same network is open in this process. */
  readonly lobby: (claim: Claim) => Promise<() => void>
  readonly watch: SprayWatch
  tell(notice: Omit<SignInNotice, 'address' | 'agent' | 'at'>, incoming: SignInIncoming): void
}

export function createParts(
  context: GuardContext,
  rules: SignInRules,
  notify: SignInGuardOptions['notify'],
): Parts {
  const { clock, counters } = context
  const name = createNamer(context.deriveKeys('sign-in guard')[0])
  const own = createMemoryCounters(clock, new CounterTables(LOCAL_KEYS))
  return {
    context,
    rules,
    name,
    shared: createTally(counters, rules.limits, name),
    local: createTally(own, halved(rules.limits), name),
    devices: createDeviceCookies(context, rules),
    delay: createDelay(rules.delay),
    lobby: createLobby(rules.limits.own.max),
    watch: createSprayWatch(rules.spray, name, keyOf(context.deriveKeys('sign-in passwords')[0])),
    tell(notice, { address, userAgent }) {
      if (notify === undefined) return
      const full = { ...notice, address, agent: userAgent, at: clock.now() }
      // After the work at hand: a person is told of a fact, and nothing waits for the telling.
      setImmediate(() => void tellQuietly(notify, full))
    },
  }
}

async function tellQuietly(
  notify: NonNullable<SignInGuardOptions['notify']>,
  notice: SignInNotice,
): Promise<void> {
  try {
    await notify(notice)
  } catch {
    // Whoever cannot be told must be let in, or refused, all the same.
  }
}

/** Of one network as many at once as may fail, of one account from there one. A known device waits for itself alone. */
function createLobby(most: number): Parts['lobby'] {
  const networks = createTurnstile(most)
  const accounts = createTurnstile(1)
  return async ({ account, network, device }) => {
    const own = await accounts.enter(JSON.stringify([device ?? network, account]))
    if (device !== undefined || network === '') return own
    const shared = await networks.enter(network)
    return () => {
      shared()
      own()
    }
  }
}

function createNamer(key: Buffer | undefined): Namer {
  const hmac = createHmac(keyOf(key))
  return (kind, ...parts) => {
    const digest = hmac.sign(JSON.stringify([kind, ...parts]))
    return `signin:${digest.subarray(0, 16).toString('base64url')}`
  }
}

function keyOf(key: Buffer | undefined): Buffer {
  if (key === undefined) throw new RangeError('the ring of secrets is empty')
  return key
}
