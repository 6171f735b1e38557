import { isIP } from 'node:net'
import type { PrivacyMode } from 'sojourn'
import type { AuditConfig } from '../config/config.js'
import { describeAgent, type AgentDescription } from '../page/index.js'
import { fromLabel } from '../route/respond.js'

/** The network of an address, as people are shown it and as it may be kept: `203.0.113.0/24`, `2001:db8::/48`. */
export function networkText(address: string): string | undefined {
  switch (isIP(address)) {
    case 4:
      return `${address.replace(/\.\d+$/, '.0')}/24`
    case 6: {
      const [head = ''] = address.split('::', 1)
      const groups = head.split(':').filter((group) => group !== '')
      return `${groups.slice(0, 3).join(':')}::/48`
    }
    default:
      return undefined
  }
}

/** What is shown of an address that was kept in this way; `undefined` where it tells people nothing. */
export function shownAddress(address: string | undefined, mode: PrivacyMode): string | undefined {
  if (address === undefined || isIP(address) === 0) return undefined
  return mode === 'full' ? address : networkText(address)
}

/** What is shown of a user agent that was kept in this way. It is a stranger's text: only its name and kind are taken. */
export function shownAgent(
  agent: string | undefined,
  mode: PrivacyMode,
): AgentDescription | undefined {
  if (agent === undefined) return undefined
  if (mode === 'full') return describeAgent(agent)
  return mode === 'truncated' ? fromLabel(agent) : undefined
}

/** What outlives a session may hold no more of it than the trail does. */
export function keptOf(
  { address, agent }: { readonly address: string | undefined; readonly agent: string | undefined },
  modes: Pick<AuditConfig, 'address' | 'agent'>,
): { readonly address: string | undefined; readonly agent: string | undefined } {
  const isShown = (mode: PrivacyMode): boolean => mode === 'full' || mode === 'truncated'
  return {
    address: isShown(modes.address) ? shownAddress(address, modes.address) : undefined,
    agent: isShown(modes.agent) ? agent : undefined,
  }
}
