import type { Incoming } from '../../request/incoming.js'
import type { ClientPrivacy } from '../../session/device.js'
import type { SessionFacts } from '../../session/facts.js'
import { contradictionOf, familyOf } from './agent.js'
import { BoundedMap } from './memory.js'
import { prefixOf } from './network.js'
import type { AnomalySettings, SignalName } from './options.js'

/** User agents whose label is remembered: making one may take a parser 50 microseconds. */
const MOST_AGENTS = 1_000

/** What of a client can be compared with a session: forms that the privacy options allow. */
export interface Client {
  /** As a session would keep it. */
  readonly address: string | undefined
  readonly agent: string | undefined
}

/** Something that is not as the session has it. `mark` names the new state, `known` the one that was kept. */
export interface Difference {
  readonly signal: SignalName
  readonly mark: string
  readonly known: string | undefined
}

/** Compares clients with what is kept of them. Costs no store call, and no hashing but in the mode `keyed-hash`. */
export interface Eye {
  /** The client of a request, as a session would keep it. */
  look(incoming: Incoming): Client
  /** The network of an address as it is kept; `undefined` where none is. */
  networkOf(kept: string | undefined): string | undefined
  /** Browser and operating system of an agent as it is kept; `undefined` where none is. */
  familyOf(kept: string | undefined): string | undefined
  /** What differs between a request and what its session keeps. */
  compare(incoming: Incoming, client: Client, facts: SessionFacts): readonly Difference[]
}

const NOTHING: readonly Difference[] = []

export function createEye(
  privacy: ClientPrivacy,
  { ipv4Bits, ipv6Bits }: Pick<AnomalySettings, 'ipv4Bits' | 'ipv6Bits'>,
): Eye {
  const labels = new BoundedMap<Pick<Client, 'agent'>>(MOST_AGENTS)
  const networkOf = (kept: string | undefined): string | undefined =>
    kept === undefined || privacy.address === 'keyed-hash'
      ? kept
      : prefixOf(kept, ipv4Bits, ipv6Bits)
  // A hash says only whether it is the very same text, version and all.
  const family = (kept: string | undefined): string | undefined =>
    kept === undefined || privacy.agent === 'keyed-hash' ? kept : familyOf(kept)
  const agentOf = (userAgent: string): string | undefined => {
    const known = labels.get(userAgent)
    if (known !== undefined) return known.agent
    const { agent } = privacy.traitsOf({ address: '', userAgent })
    labels.set(userAgent, { agent })
    return agent
  }
  const addressOf = (address: string): string | undefined =>
    privacy.address === 'full'
      ? address
      : privacy.traitsOf({ address, userAgent: undefined }).address
  return {
    look: ({ address, userAgent }) => ({
      address: addressOf(address),
      agent: userAgent === undefined ? undefined : agentOf(userAgent),
    }),
    networkOf,
    familyOf: family,
    compare(incoming, client, facts) {
      const found = [
        differs('network_changed', networkOf, client.address, facts.address),
        differs('agent_changed', family, client.agent, facts.agent),
        contradicts(incoming, privacy, facts),
      ].filter((one) => one !== undefined)
      return found.length === 0 ? NOTHING : found
    },
  }
}

function differs(
  signal: SignalName,
  reduce: (kept: string | undefined) => string | undefined,
  now: string | undefined,
  kept: string | undefined,
): Difference | undefined {
  if (now === kept) return undefined
  const [mark, known] = [reduce(now), reduce(kept)]
  if (mark === known) return undefined
  return { signal, mark: `${signal} ${mark ?? '-'}`, known: `${signal} ${known ?? '-'}` }
}

/** Compared with the agent that is kept, or where that does not tell a system, with the request's own. */
function contradicts(
  incoming: Incoming,
  { agent }: ClientPrivacy,
  facts: SessionFacts,
): Difference | undefined {
  const isTold = agent === 'full' || agent === 'truncated'
  const kept = isTold ? facts.agent : undefined
  const hint = contradictionOf(incoming, kept ?? incoming.userAgent ?? '')
  return hint === undefined
    ? undefined
    : { signal: 'client_hints', mark: `client_hints ${hint}`, known: undefined }
}
