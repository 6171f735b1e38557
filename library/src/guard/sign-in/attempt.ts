import { StoreUnavailable } from '../../errors.js'
import { pathOf } from '../../request/incoming.js'
import type { SojournEvents } from '../../session/events.js'
import type { SignInAttempt, SignInIncoming, Suspicion } from './contract.js'
import type { Parts } from './parts.js'
import type { Counted, Tally } from './tally.js'

/** An attempt that was counted, by whom. */
export interface Begun {
  readonly tally: Tally
  readonly counted: Counted
  readonly subject: string | undefined
  readonly incoming: SignInIncoming
  /** Lets the next attempt of this account from this network be counted. */
  readonly leave: () => void
}

export function createAttempt(parts: Parts, begun: Begun): SignInAttempt {
  const { tally, counted, incoming, leave } = begun
  const { account, device } = counted.claim
  return {
    async succeeded(subject) {
      const failures = await unlessAway(() => tally.succeeded(counted), counted.count - 1)
      leave()
      const suspicious: Suspicion[] = []
      if (failures >= parts.rules.tellAfter)
        suspicious.push({ kind: 'after_failures', count: failures })
      if (device === undefined) suspicious.push({ kind: 'new_device' })
      for (const suspicion of suspicious) {
        const { address } = incoming
        parts.context.report('signin.suspicious', { ...suspicion, subject, address })
        parts.tell({ ...suspicion, subject }, incoming)
      }
      return { cookie: parts.devices.renew(incoming, account), suspicious }
    },
    async failed({ reason = 'credentials_invalid', password } = {}) {
      leave()
      reportFailure(parts, begun, reason)
      await Promise.all([
        unlessAway(() => reportLocks(parts, begun), undefined),
        unlessAway(() => reportPatterns(parts, begun, password), undefined),
        parts.delay(counted.count),
      ])
    },
    async abandoned() {
      await unlessAway(() => tally.abandoned(counted), undefined)
      leave()
    },
  }
}

function reportFailure({ context }: Parts, { subject, incoming }: Begun, reason: string): void {
  const { address, userAgent } = incoming
  const event: SojournEvents['signin.failed'] = {
    subject,
    reason,
    address,
    path: pathOf(incoming),
    ...(userAgent === undefined ? {} : { agent: userAgent }),
  }
  context.report('signin.failed', event)
}

async function reportLocks({ context }: Parts, begun: Begun): Promise<void> {
  const { tally, counted, subject, incoming } = begun
  for (const { scope, lockedFor } of await tally.failed(counted)) {
    const { address } = incoming
    context.report('signin.locked', { scope, subject, address, lockedFor })
  }
}

async function reportPatterns(
  { context, rules, watch }: Parts,
  { tally, counted, incoming }: Begun,
  password: string | undefined,
): Promise<void> {
  const { account, network } = counted.claim
  for (const kind of await watch(tally.counters, { account, network, password })) {
    const { address } = incoming
    const count = rules.spray.accounts
    context.report('signin.suspicious', { kind, subject: undefined, address, count })
  }
}

/** What is counted, told or forgotten after the password was checked changes no outcome. */
async function unlessAway<Value>(work: () => Promise<Value>, otherwise: Value): Promise<Value> {
  try {
    return await work()
  } catch (error) {
    if (!(error instanceof StoreUnavailable)) throw error
    return otherwise
  }
}
