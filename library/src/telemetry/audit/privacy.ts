import type { PrivacyMode } from '../../options.js'
import { truncatedAddress } from '../../request/address.js'
import { createHmac } from '../../system/digest.js'

/** What is kept of clients in the trail. It outlives their sessions, so less is kept by default than with those. */
export interface AuditPrivacy {
  /** Client address. `truncated` keeps the /24 or /48 network. Default `'truncated'`. */
  readonly address?: PrivacyMode
  /** User agent. `truncated` keeps what `describeAgent` makes of it. Default `'truncated'`. */
  readonly agent?: PrivacyMode
  /** Turns a user agent into a short label. Default: its first 60 characters. */
  readonly describeAgent?: (userAgent: string) => string
}

/** Keeps of an address or agent what may be kept. */
export interface Reducer {
  address(address: string | undefined): string | undefined
  agent(agent: string | undefined): string | undefined
}

const HASH_BYTES = 12
const LONGEST_LABEL = 60

/** `key` makes the keyed hashes: whoever does not have it cannot find out an address by trying all of them. */
export function createReducer(
  { address = 'truncated', agent = 'truncated', describeAgent = firstPart }: AuditPrivacy,
  key: Uint8Array,
): Reducer {
  const mac = createHmac(key)
  const reduce = (
    mode: PrivacyMode,
    value: string | undefined,
    truncate: (value: string) => string,
  ): string | undefined => {
    if (value === undefined || value === '') return undefined
    switch (mode) {
      case 'full':
        return value
      case 'truncated':
        return truncate(value)
      case 'keyed-hash':
        return mac.sign(value).subarray(0, HASH_BYTES).toString('base64url')
      case 'none':
        return undefined
    }
  }
  return {
    address: (value) => reduce(address, value, truncatedAddress),
    agent: (value) => reduce(agent, value, describeAgent),
  }
}

function firstPart(agent: string): string {
  return agent.slice(0, LONGEST_LABEL)
}
