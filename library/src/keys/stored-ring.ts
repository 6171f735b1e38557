import { InvalidOption, SojournError, StoreUnavailable } from '../errors.js'
import { systemClock, type Clock } from '../system/clock.js'
import { HeldKeys } from './held-keys.js'
import { KEY_ALGORITHMS, type KeyAlgorithm } from './jwk.js'
import { readKeyInputs, type GivenKey, type KeyInput } from './key-input.js'
import type { JwksDocument, KeyFacts, KeyRing, KeyRingAdmin, KeyWarning } from './key-ring.js'
import { Ledger } from './ledger.js'
import { createRingAdmin } from './ring-admin.js'
import { createSealer } from './sealer.js'
import { SharedDocument, type KeyDocuments } from './shared-document.js'
import { factsOf } from './report.js'
import { notReady } from './static-ring.js'
import { signerAt, stateOf } from './timeline.js'
import type { SigningKey, TokenAlgorithm, VerificationKey } from '../credential/jwt/token-keys.js'

/** Options of {@link createStoredKeyRing}. Durations are milliseconds. */
export interface StoredKeyRingOptions {
  /** The store, with or without a near cache. */
  readonly documents: KeyDocuments
  /**
   * Secrets that encrypt the private keys in the store, newest first, at least 32 bytes each. All are tried. A new one
   * goes second in every process before it goes first; the next change of the ring then seals everything with it.
   */
  readonly wrappingSecrets: readonly string[]
  /**
   * Private keys that every process is given, newest first. They sign until the first key is generated, and can be
   * activated and retired like those. Default: none; the first process generates one.
   */
  readonly keys?: readonly KeyInput[]
  /** What is generated unless something else is asked for. Default `'EdDSA'`. */
  readonly algorithm?: KeyAlgorithm
  /** How long the longest-lived access token is valid. Default 15 minutes. */
  readonly accessLifetime?: number
  /** How long others may cache the JWKS: a new key signs no earlier. Default 10 minutes. */
  readonly publishFor?: number
  /** How old what this process knows of the ring may be. Default 500; less than a second, or emergencies take longer. */
  readonly maxAge?: number
  /** How long one call to the store may take. Default 250. */
  readonly commandDeadline?: number
  /** The clock. Default: the host's. For tests. */
  readonly clock?: Clock
}

const DEFAULTS = {
  algorithm: 'EdDSA',
  accessLifetime: 900_000,
  publishFor: 600_000,
  maxAge: 500,
  commandDeadline: 250,
} as const
/** Clocks differ, and a token is accepted for the verifier's tolerance after its end. */
const TOLERANCE = 5_000
/** How much longer than `maxAge` a caller may take from `ensureFresh` to `find`. */
const SLACK = 500

/** A ring that is shared through a store, and the means to change it. */
export interface StoredKeyRing extends KeyRing {
  readonly admin: KeyRingAdmin
}

/**
 * A ring that all processes share through their store: a key that one of them retires is refused by all within
 * `maxAge`. The private keys in the store are encrypted.
 *
 * @throws {InvalidOption} For shared secrets (HS256), keys that cannot be used, and durations that are none.
 */
export function createStoredKeyRing(options: StoredKeyRingOptions): StoredKeyRing {
  const given = readKeyInputs(options.keys ?? [])
  if (given.some(({ algorithm }) => algorithm === 'HS256')) {
    throw new InvalidOption('A stored ring holds key pairs only: HS256 goes with a static ring.')
  }
  return new SharedKeyRing(given, settingsOf(options))
}

type Settings = Required<Omit<StoredKeyRingOptions, 'keys'>>

function settingsOf(options: StoredKeyRingOptions): Settings {
  const { keys: _keys, ...rest } = options
  const settings = { ...DEFAULTS, clock: systemClock, ...rest }
  for (const name of ['accessLifetime', 'publishFor', 'maxAge', 'commandDeadline'] as const) {
    if (Number.isFinite(settings[name]) && settings[name] >= 0) continue
    throw new InvalidOption(`${name} must be a number of milliseconds, 0 or more.`)
  }
  if (!KEY_ALGORITHMS.includes(settings.algorithm)) {
    throw new InvalidOption(`algorithm must be one of ${KEY_ALGORITHMS.join(', ')}.`)
  }
  return settings
}

class SharedKeyRing implements StoredKeyRing {
  readonly admin: KeyRingAdmin
  readonly warnings: readonly KeyWarning[]
  /** All of them: a ring may change its algorithm while its verifiers run. */
  readonly algorithms: readonly TokenAlgorithm[] = KEY_ALGORITHMS
  readonly #clock: Clock
  readonly #maxAge: number
  readonly #held: HeldKeys
  readonly #ledger: Ledger
  #preparing: Promise<void> | undefined
  #isReady = false

  constructor(given: readonly GivenKey[], settings: Settings) {
    const { clock, documents, wrappingSecrets, maxAge, publishFor } = settings
    this.#clock = clock
    this.#maxAge = maxAge
    this.warnings = given.flatMap(({ warning }) => warning ?? [])
    this.#held = new HeldKeys(given, createSealer(wrappingSecrets))
    this.#ledger = new Ledger({
      document: new SharedDocument(documents, settings.commandDeadline),
      held: this.#held,
      given,
      clock,
      maxAge,
      terms: {
        publishFor,
        acceptFor: settings.accessLifetime + TOLERANCE,
        algorithm: settings.algorithm,
      },
    })
    this.admin = createRingAdmin(this.#ledger, async () => this.#loadGiven())
  }

  get isReady(): boolean {
    return this.#isReady
  }

  get revision(): number {
    return this.#ledger.losses(this.#clock.now())
  }

  async ready(): Promise<void> {
    this.#preparing ??= this.#prepare()
    try {
      await this.#preparing
    } catch (error) {
      this.#preparing = undefined
      throw error
    }
  }

  #givenLoading: Promise<void> | undefined

  async #loadGiven(): Promise<void> {
    this.#givenLoading ??= this.#held.loadGiven()
    await this.#givenLoading
  }

  async #prepare(): Promise<void> {
    await this.#loadGiven()
    await this.#ledger.refresh()
    this.#isReady = true
  }

  isFresh(): boolean {
    return this.#isReady && this.#ledger.isFresh()
  }

  async ensureFresh(): Promise<void> {
    if (!this.#isReady) await this.ready()
    // A second read where something was told, or time went by, while the first was on its way.
    for (let reads = 0; reads < 2 && !this.#ledger.isFresh(); reads += 1) {
      await this.#ledger.refresh()
    }
  }

  find(kid: string): VerificationKey | undefined {
    this.#assertKnown()
    const key = this.#ledger.keyOf(kid)
    if (key === undefined || stateOf(key, this.#clock.now()) === 'retired') return undefined
    return this.#held.get(kid)?.key
  }

  signing(): SigningKey {
    this.#assertKnown()
    const signer = signerAt(this.#ledger.keys, this.#clock.now(), this.#held.has)
    const held = signer === undefined ? undefined : this.#held.get(signer.kid)
    if (held !== undefined) return held.key
    throw new SojournError(
      'ERR_NO_KEY',
      'No active key of the ring opens with the secrets of this process. Put the earlier secret back, or rotate.',
    )
  }

  /** Those who do not ask `isFresh` first must not go on for ever with what they once knew. */
  #assertKnown(): void {
    if (!this.#isReady) throw notReady()
    if (this.#clock.elapsed() - this.#ledger.confirmedAt <= this.#maxAge + SLACK) return
    throw new StoreUnavailable(
      'What is known of the key ring is too old: await ensureFresh() first.',
    )
  }

  jwks(): JwksDocument {
    const now = this.#clock.now()
    const accepted = this.#ledger.keys.filter((key) => stateOf(key, now) !== 'retired')
    return { keys: accepted.flatMap(({ kid }) => this.#held.get(kid)?.publicJwk ?? []) }
  }

  describe(now: number): readonly KeyFacts[] {
    return factsOf(this.#ledger.keys, now, this.#held.has)
  }
}
