import { describe, expect, it } from 'vitest'
import {
  createProofGate,
  type ProofGateOptions,
  type ProofRequest,
} from '../../../src/credential/dpop/proof-gate.js'
import { createManualClock } from '../../../src/testing/manual-clock.js'
import { NOW } from '../jwt/forge.js'
import { makeProver } from './forge.js'

function withGate(options: Partial<ProofGateOptions> = {}) {
  const clock = createManualClock()
  const gate = createProofGate({ clock, clockTolerance: 5, ...options })
  const admit = async (
    dpop: string | undefined,
    over: Partial<ProofRequest> = {},
    expected = {},
  ) => {
    const request: ProofRequest = {
      method: 'GET',
      target: '/orders',
      host: 'app.example',
      isSecure: true,
      header: (name) => (name === 'dpop' ? dpop : undefined),
      isRepeated: () => false,
      ...over,
    }
    const verdict = await gate.admit(request, expected)
    return verdict.ok ? 'ok' : verdict.code
  }
  return { clock, admit }
}

describe('the gate', () => {
  it('wants exactly one header', async () => {
    const { admit } = withGate()
    const { prove } = await makeProver()
    expect(await admit(undefined)).toBe('proof_missing')
    expect(await admit(`${prove()}, ${prove()}`)).toBe('proof_repeated')
    expect(await admit(prove(), { isRepeated: (name) => name === 'dpop' })).toBe('proof_repeated')
    expect(await admit('')).toBe('proof_malformed')
  })

  it('admits a proof once, for as long as it could come again', async () => {
    const { admit, clock } = withGate()
    const { prove } = await makeProver()
    const proof = prove({ iat: NOW + 65 })
    expect(await admit(proof)).toBe('ok')
    expect(await admit(proof)).toBe('proof_replayed')
    for (let second = 0; second < 130; second += 1) {
      clock.advance(1_000)
      expect(await admit(proof), String(second)).toBe('proof_replayed')
    }
    clock.advance(1_000)
    expect(await admit(proof)).toBe('proof_mismatch')
  })

  it('remembers it wherever a generation begins and ends', async () => {
    const { prove } = await makeProver()
    for (const before of [0, 1, 64, 129, 130, 131, 200, 259, 260, 400]) {
      const { admit, clock } = withGate()
      expect(await admit(prove())).toBe('ok')
      clock.advance(before * 1_000)
      const proof = prove({ iat: NOW + before + 65 })
      expect(await admit(proof), String(before)).toBe('ok')
      clock.advance(130_000)
      expect(await admit(proof), String(before)).toBe('proof_replayed')
    }
  })

  it('tells the same name of two keys apart', async () => {
    const { admit } = withGate()
    const [one, two] = [await makeProver(), await makeProver()]
    expect(await admit(one.prove({ jti: 'same' }))).toBe('ok')
    expect(await admit(two.prove({ jti: 'same' }))).toBe('ok')
    expect(await admit(one.prove({ jti: 'same' }))).toBe('proof_replayed')
  })

  it('refuses what it cannot remember, and goes on when there is room', async () => {
    const { admit, clock } = withGate({ maxProofs: 3 })
    const { prove } = await makeProver()
    const outcomes = []
    for (let count = 0; count < 5; count += 1) outcomes.push(await admit(prove()))
    expect(outcomes).toEqual(['ok', 'ok', 'ok', 'proof_crowded', 'proof_crowded'])
    clock.advance(130_000)
    expect(await admit(prove({ iat: NOW + 130 }))).toBe('ok')
  })

  it('is made to remember by the right key alone', async () => {
    const { admit } = withGate({ maxProofs: 1 })
    const [owner, thief] = [await makeProver(), await makeProver()]
    const expected = { thumbprint: owner.thumbprint }
    for (let count = 0; count < 3; count += 1) {
      expect(await admit(thief.prove(), {}, expected)).toBe('proof_mismatch')
    }
    expect(await admit(owner.prove(), {}, expected)).toBe('ok')
  })

  it('compares with the origin that was configured, whatever the Host says', async () => {
    const { admit } = withGate({ origin: 'https://app.example' })
    const { prove } = await makeProver()
    expect(await admit(prove(), { host: 'inner:8080', isSecure: false })).toBe('ok')
    const forOther = prove({ htu: 'https://evil.example/orders' })
    expect(await admit(forOther, { host: 'evil.example' })).toBe('proof_mismatch')
  })
})
