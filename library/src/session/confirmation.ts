import type { PresentedBearer } from '../credential/authorization.js'
import { isThumbprint, PROOF_MESSAGES, type ProofVerdict } from '../credential/dpop/index.js'
import type { AccessClaims } from '../credential/jwt/index.js'
import { InvalidInput, InvalidOption, SojournError } from '../errors.js'
import { hearTime } from './bearer.js'
import type { RejectionCode } from './resolve.js'
import type { Core, Visit } from './visit.js'

/** To which key tokens are bound (RFC 9449). */
export interface Binding {
  /**
   * Binds them to the key of the `DPoP` proof that came with this very request; `'optional'`: where one came. Throws
   * {@link SojournError} `invalid_dpop_proof` where there is none or it is not good. Needs the option `tokens.dpop`. Default
   * `false`: bearer tokens, whoever has them can use them.
   */
  readonly proof?: boolean | 'optional'
  /** Binds them to the key with this RFC 7638 thumbprint; with `proof`, it has to be the key of the proof. Default none. */
  readonly confirmation?: string
}

/** What is wrong with how an access token came: a bound one needs a proof of its key, and no other may come with one. */
export async function bindingProblem(
  { core, request }: Visit,
  kind: PresentedBearer['kind'],
  { confirmation, sessionId }: AccessClaims,
): Promise<RejectionCode | undefined> {
  if (kind !== 'dpop') return mayComeAlone(core, confirmation) ? undefined : 'proof_required'
  if (confirmation === undefined) return 'proof_mismatch'
  await hearTime(core, sessionId)
  const verdict = await request.proof(confirmation)
  return verdict.ok ? undefined : verdict.code
}

/** Whether a token may come without a proof: it is bound to no key, and none has to be. */
export function mayComeAlone({ kit }: Core, confirmation: string | undefined): boolean {
  return confirmation === undefined && kit?.settings.dpop?.isRequired !== true
}

/** The thumbprint to bind new tokens to; `undefined`: to none. */
export async function confirmationFor(
  { core, request }: Visit,
  binding: Binding,
): Promise<string | undefined> {
  const { confirmation } = binding
  const proof = proofWanted(core, binding)
  if (proof === false && confirmation === undefined) return undefined
  if (core.kit?.proofs === undefined) {
    throw new InvalidOption('Tokens bound to a key need the option tokens.dpop of createSojourn.')
  }
  if (confirmation !== undefined && !isThumbprint(confirmation)) {
    throw new InvalidInput('confirmation', 'confirmation must be a thumbprint (RFC 7638, SHA-256).')
  }
  if (proof === false) return confirmation
  const isOptional = proof === 'optional' && confirmation === undefined
  return provenKey(await request.proof(confirmation), isOptional, confirmation)
}

/** Where all tokens have to be bound, a proof or a thumbprint is what they are bound by. */
function proofWanted(core: Core, { proof, confirmation }: Binding): boolean | 'optional' {
  return confirmation === undefined && !mayComeAlone(core, undefined) ? true : (proof ?? false)
}

function provenKey(
  verdict: ProofVerdict,
  isOptional: boolean,
  wanted: string | undefined,
): string | undefined {
  if (verdict.ok) {
    // It may have been judged before, for the token that this request presented.
    if ((wanted ?? verdict.thumbprint) === verdict.thumbprint) return verdict.thumbprint
    throw new SojournError('invalid_dpop_proof', PROOF_MESSAGES.proof_mismatch)
  }
  if (isOptional && verdict.code === 'proof_missing') return undefined
  throw new SojournError('invalid_dpop_proof', PROOF_MESSAGES[verdict.code])
}

/** How something better could be sent. Who sent a token is asked for one, and who sent a proof for both. */
export function schemesFor({ core, request }: Visit): readonly ('Cookie' | 'Bearer' | 'DPoP')[] {
  if (core.kit === undefined) return ['Cookie']
  const bearer = request.bearer()
  if (bearer.kind === 'dpop') return ['DPoP']
  const isOther = bearer.kind === 'refused' && bearer.code === 'scheme_unsupported'
  const schemes =
    bearer.kind === 'nothing' || isOther ? (['Cookie', 'Bearer'] as const) : (['Bearer'] as const)
  return core.kit.proofs === undefined ? schemes : [...schemes, 'DPoP']
}
