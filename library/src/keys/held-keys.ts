import { importPair } from './import-key.js'
import {
  KEY_ALGORITHMS,
  thumbprintKid,
  toPublicJwk,
  type Jwk,
  type KeyAlgorithm,
  type PublicJwk,
} from './jwk.js'
import type { GivenKey } from './key-input.js'
import type { Sealer } from './sealer.js'
import type { RingKey } from './timeline.js'
import type { SigningKey } from '../credential/jwt/token-keys.js'

/** A key this process can use. */
export interface HeldKey {
  readonly key: SigningKey
  readonly publicJwk: PublicJwk
}

/**
 * The keys that this process can use, by kid: those it was given, and those of the document that one of its
 * secrets opens. What was opened once stays, however it is sealed later: a kid names one key for ever.
 */
export class HeldKeys {
  readonly #given: readonly GivenKey[]
  readonly #sealer: Sealer
  readonly #held = new Map<string, HeldKey>()

  constructor(given: readonly GivenKey[], sealer: Sealer) {
    this.#given = given
    this.#sealer = sealer
  }

  /** Loads what was given. */
  async loadGiven(): Promise<void> {
    for (const { kid, publicJwk, load } of this.#given) {
      if (publicJwk !== undefined) this.#held.set(kid, { key: await load(), publicJwk })
    }
  }

  get(kid: string): HeldKey | undefined {
    return this.#held.get(kid)
  }

  readonly has = ({ kid }: RingKey): boolean => this.#held.has(kid)

  /** Opens those of `keys` that are not open yet. */
  async open(keys: readonly RingKey[]): Promise<void> {
    for (const key of keys) {
      if (key.sealed === undefined || this.#held.has(key.kid)) continue
      const jwk = await this.#unseal(key)
      const algorithm = KEY_ALGORITHMS.find((name) => name === key.algorithm)
      if (jwk !== undefined && algorithm !== undefined) await this.#hold(jwk, key.kid, algorithm)
    }
  }

  /** Lets go of keys that were refused, or that the store keeps no more. */
  drop(keys: readonly RingKey[]): void {
    for (const { kid, origin, refusedAt, sealed } of keys) {
      const isOver = refusedAt !== undefined || (origin === 'stored' && sealed === undefined)
      if (isOver) this.#held.delete(kid)
    }
  }

  /** Takes a key that was just made, and answers how the store keeps it. */
  async take(jwk: Jwk, algorithm: KeyAlgorithm): Promise<Pick<RingKey, 'kid' | 'sealed'>> {
    const kid = thumbprintKid(jwk, algorithm)
    await this.#hold(jwk, kid, algorithm)
    const sealed = await this.#sealer.seal(JSON.stringify(jwk), contextOf(kid, algorithm))
    return { kid, sealed }
  }

  /** Seals a key anew, under the newest secret. What cannot be opened stays as it is. */
  async reseal(key: RingKey): Promise<RingKey> {
    if (key.sealed === undefined) return key
    const context = contextOf(key.kid, key.algorithm)
    const text = await this.#sealer.open(key.sealed, context)
    return text === undefined ? key : { ...key, sealed: await this.#sealer.seal(text, context) }
  }

  async #unseal({ kid, algorithm, sealed = '' }: RingKey): Promise<Jwk | undefined> {
    const text = await this.#sealer.open(sealed, contextOf(kid, algorithm))
    return text === undefined ? undefined : (JSON.parse(text) as Jwk)
  }

  async #hold(jwk: Jwk, kid: string, algorithm: KeyAlgorithm): Promise<void> {
    const key = await importPair(jwk, kid, algorithm)
    this.#held.set(kid, { key, publicJwk: toPublicJwk(jwk, algorithm, kid) })
  }
}

/** A sealed key opens under its own name only, so that nobody can put one in another's place. */
function contextOf(kid: string, algorithm: string): string {
  return `sojourn key ring 1\n${kid}\n${algorithm}`
}
