import type { PrivacyMode } from '../options.js'
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

/** Turns what is known of a client into the traits that the privacy options allow. */
export function createDeviceTraits(
  settings: Settings,
): (client: ClientFacts) => Pick<SessionRecord['traits'], 'address' | 'agent'> {
  const mac = createHmac(deriveKey(settings.secrets.at(-1) ?? '', 'privacy'))
  return ({ address, userAgent }) => {
    const kept = reduce(settings.address, address, truncateAddress, mac)
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

/** The /24 of an IPv4 address, the /48 of an IPv6 address. */
function truncateAddress(address: string): string {
  if (!address.includes(':')) return address.replace(/\.\d+$/, '.0')
  const [head = ''] = address.split('::', 1)
  const groups = head
    .split(':')
    .filter((group) => group !== '')
    .slice(0, 3)
  return `${groups.join(':')}::`
}
