import type { PrivacyMode } from '../options.js'
import { truncatedAddress } from '../request/address.js'
import type { SessionRecord } from '../store/record.js'
import { createHmac, type Hmac } from '../system/digest.js'
import { deriveKey } from '../credential/session-token.js'
import type { Settings } from './settings.js'

/** A value past 64 bytes would double a Redis record (see TRAITS). */
const LONGEST_LABEL = 60

/** What of a client may be kept with its session. */
export interface ClientFacts {
  readonly address: string
  readonly userAgent: string | undefined
}

/** What the privacy options let be known of clients. For guards. */
export interface ClientPrivacy {
  readonly address: PrivacyMode
  readonly agent: PrivacyMode
  /** What would be kept of this client. */
  traitsOf(client: ClientFacts): Pick<SessionRecord['traits'], 'address' | 'agent'>
}

/** Turns what is known of a client into the traits that the privacy options allow. */
export function createDeviceTraits(
  settings: Settings,
): (client: ClientFacts) => Pick<SessionRecord['traits'], 'address' | 'agent'> {
  const mac = createHmac(deriveKey(settings.secrets.at(-1) ?? '', 'privacy'))
  return ({ address, userAgent }) => {
    const kept = reduce(settings.address, address, truncatedAddress, mac)
    const agent = userAgent === undefined ? undefined : userAgent
    const label =
      agent === undefined ? undefined : reduce(settings.agent, agent, settings.describeAgent, mac)
    return {
      ...(kept === undefined ? {} : { address: kept }),
      ...(label === undefined ? {} : { agent: cut(label, settings.agent) }),
    }
  }
}

function reduce(
  mode: PrivacyMode,
  value: string,
  truncate: (value: string) => string,
  mac: Hmac,
): string | undefined {
  switch (mode) {
    case 'full':
      return value
    case 'truncated':
      return truncate(value)
    case 'keyed-hash':
      return mac.sign(value).subarray(0, 12).toString('base64url')
    case 'none':
      return undefined
  }
}

function cut(label: string, mode: PrivacyMode): string {
  if (mode === 'full') return label
  const bytes = Buffer.from(label)
  return bytes.length <= LONGEST_LABEL
    ? label
    : bytes
        .subarray(0, LONGEST_LABEL)
        .toString()
        .replace(/\uFFFD+$/u, '')
}
