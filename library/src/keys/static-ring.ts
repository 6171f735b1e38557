import { InvalidOption, SojournError } from '../errors.js'
import { readKeyInputs, type GivenKey, type KeyInput } from './key-input.js'
import type { JwksDocument, KeyFacts, KeyRing, KeyWarning } from './key-ring.js'
import type { SigningKey, TokenAlgorithm, VerificationKey } from '../credential/jwt/token-keys.js'

/**
 * A ring of the keys that are given, newest first: the first signs, all verify. To rotate, put a new key
 * second in every process, then first, and take the old one away once its last token has expired.
 *
 * @throws {InvalidOption} Naming the key that cannot be used, and why.
 */
export function createStaticKeyRing(inputs: readonly KeyInput[]): KeyRing {
  const keys = readKeyInputs(inputs)
  if (keys.length === 0) throw new InvalidOption('keys must hold at least one key.')
  return new StaticKeyRing(keys)
}

class StaticKeyRing implements KeyRing {
  readonly revision = 0
  readonly warnings: readonly KeyWarning[]
  readonly algorithms: readonly TokenAlgorithm[]
  readonly #given: readonly GivenKey[]
  readonly #jwks: JwksDocument
  #keys: ReadonlyMap<string, SigningKey> | undefined
  #loading: Promise<void> | undefined

  constructor(given: readonly GivenKey[]) {
    this.#given = given
    this.warnings = given.flatMap(({ warning }) => warning ?? [])
    this.algorithms = [...new Set(given.map(({ algorithm }) => algorithm))]
    this.#jwks = { keys: given.flatMap(({ publicJwk }) => publicJwk ?? []) }
  }

  get isReady(): boolean {
    return this.#keys !== undefined
  }

  async ready(): Promise<void> {
    this.#loading ??= this.#load()
    await this.#loading
  }

  async #load(): Promise<void> {
    const loaded = await Promise.all(this.#given.map(async (key) => key.load()))
    this.#keys = new Map(loaded.map((key) => [key.kid, key]))
  }

  isFresh(): boolean {
    return this.isReady
  }

  async ensureFresh(): Promise<void> {
    await this.ready()
  }

  find(kid: string): VerificationKey | undefined {
    return this.#loaded().get(kid)
  }

  signing(): SigningKey {
    const [first] = this.#loaded().values()
    if (first === undefined) throw notReady()
    return first
  }

  #loaded(): ReadonlyMap<string, SigningKey> {
    if (this.#keys === undefined) throw notReady()
    return this.#keys
  }

  jwks(): JwksDocument {
    return this.#jwks
  }

  describe(_now?: number): readonly KeyFacts[] {
    return this.#given.map(({ kid, algorithm }, index) => ({
      kid,
      algorithm,
      origin: 'option',
      state: 'active',
      isSigning: index === 0,
      isHeld: true,
      createdAt: undefined,
      activeAt: undefined,
      retiredAt: undefined,
      acceptedUntil: undefined,
    }))
  }
}

/** What a ring says to those who do not wait for it. */
export function notReady(): SojournError {
  return new SojournError('ERR_NO_KEY', 'The key ring is not loaded: await ring.ready() first.')
}
