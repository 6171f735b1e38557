import { networkOf } from '../../request/address.js'
import type { Incoming } from '../../request/incoming.js'
import { createHmac } from '../../system/digest.js'
import type { GuardContext } from '../context.js'
import type { LimitedSession, LimitKey, ReadPolicy } from './policy.js'

/** Under what something is counted. */
export interface CounterKey {
  /** What the store sees: the policy's name, and a digest that only this application can make. */
  readonly name: string
  /** A part of the digest, to tell on the wire which allowance it is (`pk`). */
  readonly partition: Buffer
}

/** Finds out whose allowance a request is taken from. */
export type CounterKeyOf = (
  policy: ReadPolicy,
  incoming: Incoming | Pick<Incoming, 'address'>,
  session: LimitedSession | undefined,
) => CounterKey

/** 132 bits: nobody finds two that are the same. */
const DIGEST = 22
/** 72 bits, which base64 writes without padding. */
const PARTITION = 9

/** Keys are keyed digests: who reads the store learns no address and no name. IPv6 counts by `prefix` bits. */
export function createCounterKeys(
  context: Pick<GuardContext, 'deriveKeys'>,
  prefix: number,
): CounterKeyOf {
  const [key] = context.deriveKeys('rate-limit')
  if (key === undefined) throw new Error('an application without a secret')
  const hmac = createHmac(key)
  return (policy, incoming, session) => {
    const digest = hmac.sign(`${policy.name}\n${whoOf(policy, incoming, session, prefix)}`)
    return {
      name: `limit:${policy.name}:${digest.toString('base64url').slice(0, DIGEST)}`,
      partition: digest.subarray(0, PARTITION),
    }
  }
}

/** Each kind in a space of its own: a person called `10.0.0.1` is not that network. */
function whoOf(
  { by }: ReadPolicy,
  incoming: Incoming | Pick<Incoming, 'address'>,
  session: LimitedSession | undefined,
  prefix: number,
): string {
  // A connection without an address (a Unix socket) is the network ''; all of them share it.
  const network = networkOf(incoming.address, prefix)
  const { id, subject } = session ?? {}
  const narrower = {
    ip: () => undefined,
    account: () => within('account', subject),
    'account-network': () => within(`account in ${network}`, subject),
    session: () => within('session', id),
    custom: (key: LimitKey) => within('custom', key(incoming as Incoming, session)),
  }
  const found = typeof by === 'function' ? narrower.custom(by) : narrower[by]()
  return found ?? `network ${network}`
}

function within(kind: string, who: string | undefined): string | undefined {
  return who === undefined ? undefined : `${kind} ${who}`
}
