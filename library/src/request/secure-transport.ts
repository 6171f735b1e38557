import { canonicalAddress, type ProxyTrust } from './client-address.js'

/** What is known of the connection and of what a proxy says about it. */
export interface TransportFacts {
  /** The connection to this process is TLS. */
  readonly isEncrypted: boolean
  readonly peer: string | undefined
  readonly forwardedProto: string | undefined
  readonly forwardedFor: string | undefined
  /** `Forwarded` (RFC 7239): seen, but not read. */
  readonly forwarded: string | undefined
}

/** Whether the client's own connection is secure, and what was not believed about it. */
export interface Transport {
  readonly isSecure: boolean
  /** Why a forwarded header was ignored; safe to log and to put into a header. */
  readonly notice: string | undefined
}

const SECURE: Transport = { isSecure: true, notice: undefined }
const INSECURE: Transport = { isSecure: false, notice: undefined }
const ALL_SECURE = /^[ \t]*(?:https|wss)[ \t]*(?:,[ \t]*(?:https|wss)[ \t]*)*$/i
const LONGEST_SHOWN = 64

/**
 * Judges the connection. `X-Forwarded-Proto` counts only from a trusted peer, and then it rules: a
 * load balancer may speak TLS to us while its client did not. Every entry must say `https` (or `wss`,
 * which some proxies write for WebSockets); `https, http` is ambiguous and therefore not secure.
 */
export function judgeTransport(facts: TransportFacts, trust: ProxyTrust): Transport {
  const { forwardedProto, forwardedFor, forwarded } = facts
  const direct = facts.isEncrypted ? SECURE : INSECURE
  if (forwardedProto === undefined && forwardedFor === undefined && forwarded === undefined) {
    return direct
  }
  const peer = canonicalAddress(facts.peer) ?? ''
  if (!trust.trusts(peer, 0)) {
    const reason = trust.isSet ? 'this peer is not in trustProxy' : 'trustProxy is not set'
    return { isSecure: facts.isEncrypted, notice: ignored(facts, peer, reason) }
  }
  if (forwardedProto !== undefined) return judgeForwarded(facts, forwardedProto, peer)
  if (forwardedFor !== undefined) return direct
  const reason = 'only x-forwarded-proto and x-forwarded-for are read'
  return { isSecure: facts.isEncrypted, notice: ignored(facts, peer, reason) }
}

function judgeForwarded(facts: TransportFacts, proto: string, peer: string): Transport {
  if (ALL_SECURE.test(proto)) return SECURE
  if (!proto.includes(',')) return INSECURE
  const reason = 'it has several values and not all are https'
  return { isSecure: false, notice: ignored(facts, peer, reason) }
}

function ignored(facts: TransportFacts, peer: string, reason: string): string {
  const from = peer === '' ? 'a peer without address' : peer
  return `${firstHeader(facts)} from ${from} ignored: ${reason}`
}

function firstHeader(facts: TransportFacts): string {
  if (facts.forwardedProto !== undefined) return `x-forwarded-proto=${shown(facts.forwardedProto)}`
  if (facts.forwardedFor !== undefined) return `x-forwarded-for=${shown(facts.forwardedFor)}`
  return `forwarded=${shown(facts.forwarded ?? '')}`
}

/** Foreign text goes into logs and headers cut and in visible ASCII. */
function shown(text: string): string {
  const cut = text.length > LONGEST_SHOWN ? `${text.slice(0, LONGEST_SHOWN)}...` : text
  return cut.replace(/[^\x20-\x7e]/g, '?')
}
