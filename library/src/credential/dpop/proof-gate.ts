import type { Incoming } from '../../request/incoming.js'
import type { Clock } from '../../system/clock.js'
import { addressOf } from './address.js'
import type { ProofProblem } from './proof-problem.js'
import { PROOF_WINDOW, readProof, type Proof } from './read-proof.js'
import { createReplayMemory } from './replay-memory.js'

/** What became of the proof of a request. */
export type ProofVerdict =
  /** The RFC 7638 thumbprint of the key that the client has. */
  | { readonly ok: true; readonly thumbprint: string }
  | { readonly ok: false; readonly code: ProofProblem }

/** Admits each proof once. */
export interface ProofGate {
  /** Whether the request has a `DPoP` header, be it good or not. */
  isSent(incoming: ProofRequest): boolean
  /** Judges the proof of a request, and uses it up where it is good: a second time it is refused. */
  admit(incoming: ProofRequest, expected?: ExpectedProof): Promise<ProofVerdict>
}

/** What is read of a request. */
export type ProofRequest = Pick<
  Incoming,
  'method' | 'target' | 'host' | 'isSecure' | 'header' | 'isRepeated'
>

/** What a proof has to be of, where that is known. */
export interface ExpectedProof {
  /** The access token that is presented with it. */
  readonly accessToken?: string | undefined
  /** The key it has to prove. */
  readonly thumbprint?: string | undefined
}

export interface ProofGateOptions {
  /** The public origin that `htu` has to carry. Default: scheme and `Host` of the request. */
  readonly origin?: string | undefined
  readonly clock: Clock
  /** Seconds. */
  readonly clockTolerance: number
  /** How many proofs of about two minutes are remembered. Default 100,000; at most twice as many are held, 50 MB at the worst. */
  readonly maxProofs?: number
}

/**
 * The gate for DPoP proofs. Used ones are remembered **in this process**, for as long as they could be used again (60 s and the
 * clock tolerance, either way): behind several processes each of them may admit the same proof once in that window.
 * A proof that cannot be remembered, because too many came at once, is refused.
 */
export function createProofGate(options: ProofGateOptions): ProofGate {
  const { origin, clock, clockTolerance, maxProofs = 100_000 } = options
  const span = 2 * (PROOF_WINDOW + clockTolerance) * 1_000
  const memory = createReplayMemory(span, maxProofs)

  const useUp = ({ thumbprint, id }: Proof): ProofVerdict => {
    switch (memory.remember(`${thumbprint}.${id}`, clock.elapsed())) {
      case 'new':
        return { ok: true, thumbprint }
      case 'known':
        return refused('proof_replayed')
      case 'full':
        return refused('proof_crowded')
    }
  }
  return {
    isSent: (incoming) => incoming.header('dpop') !== undefined,
    async admit(incoming, { accessToken, thumbprint } = {}) {
      const header = incoming.header('dpop')
      if (header === undefined) return refused('proof_missing')
      if (incoming.isRepeated('dpop') || header.includes(',')) return refused('proof_repeated')
      const proof = await readProof(header, {
        method: incoming.method,
        address: addressOf(incoming, origin),
        accessToken,
        now: clock.now(),
        clockTolerance,
      })
      if (typeof proof === 'string') return refused(proof)
      // Before it is remembered: only who has the right key can make us remember.
      const isRightKey = (thumbprint ?? proof.thumbprint) === proof.thumbprint
      return isRightKey ? useUp(proof) : refused('proof_mismatch')
    },
  }
}

function refused(code: ProofProblem): ProofVerdict {
  return { ok: false, code }
}
