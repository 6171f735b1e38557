/**
 * keys/ owns the ring of keys that sign and verify access tokens: where they come from (options, or made
 * here and kept in the store), which of them signs now, and until when each is accepted. The composition
 * root makes one ring; token code asks it for keys, the service and its CLI change it. It never reads a
 * token, and nothing of a private key or a secret leaves it but as a `CryptoKey` that cannot be exported.
 */
import type { KeyAlgorithm, PublicJwk } from './jwk.js'
import type { SigningKey, TokenAlgorithm, VerificationKeys } from '../credential/jwt/token-keys.js'

/**
 * What a key may do:
 *
 * | state       | in the JWKS | verifies | signs                           |
 * |-------------|-------------|----------|---------------------------------|
 * | `published` | yes         | yes      | not yet: caches learn of it     |
 * | `active`    | yes         | yes      | the one that became so last     |
 * | `retiring`  | yes         | yes      | no more; its last tokens expire |
 * | `retired`   | no          | no       | no                              |
 */
export type KeyState = 'published' | 'active' | 'retiring' | 'retired'

/** Facts about a key that may be shown to anybody who administers it. Instants are epoch milliseconds. */
export interface KeyFacts {
  readonly kid: string
  readonly algorithm: TokenAlgorithm
  /** `option`: given when the ring was made; `stored`: generated, and kept in the store. */
  readonly origin: 'option' | 'stored'
  readonly state: KeyState
  /** Of several active keys, one signs. */
  readonly isSigning: boolean
  /** `false`: this process holds no secret that opens it, or was not given it as an option. */
  readonly isHeld: boolean
  /** When it was generated. */
  readonly createdAt: number | undefined
  /** When it became, or becomes, active. `undefined`: it has been from the start. */
  readonly activeAt: number | undefined
  /** When it stopped, or stops, signing. */
  readonly retiredAt: number | undefined
  /** When its tokens stop being accepted. */
  readonly acceptedUntil: number | undefined
}

/** A JWK Set (RFC 7517 section 5). */
export interface JwksDocument {
  readonly keys: readonly PublicJwk[]
}

/** Something odd about a key that is no reason to refuse it. */
export interface KeyWarning {
  readonly kid: string
  readonly code: 'rsa_short'
  /** One sentence, without key material. */
  readonly message: string
}

/**
 * The keys of access tokens. Before each use of `find` and `signing`:
 *
 *     if (!ring.isFresh()) await ring.ensureFresh()
 */
export interface KeyRing extends VerificationKeys {
  /** Whether {@link KeyRing.ready} has done its work: `find` and `signing` throw before. */
  readonly isReady: boolean
  /** What was odd about the keys that were given. */
  readonly warnings: readonly KeyWarning[]
  /** The algorithms that keys of this ring have or may come to have. HS256 never stands beside another (ASVS 9.1.2). */
  readonly algorithms: readonly TokenAlgorithm[]

  /** Loads the keys. Calling it again costs nothing; after a fault, it tries again. @throws {StoreUnavailable} */
  ready(): Promise<void>

  /** Whether what is known of the ring is recent enough to be acted upon. Asks no store. */
  isFresh(): boolean

  /**
   * Makes it so: one read of the store for all who wait.
   *
   * @throws {StoreUnavailable} Where the store does not tell. Nothing must be signed or accepted then.
   */
  ensureFresh(): Promise<void>

  /**
   * The key that signs now.
   *
   * @throws {SojournError} `ERR_NO_KEY` where this process holds no active key.
   * @throws {StoreUnavailable} Where what is known of the ring is too old: see {@link KeyRing.ensureFresh}.
   */
  signing(): SigningKey

  /** The public keys, newest first, as a JWK Set (RFC 7517 section 5). Empty for HS256. */
  jwks(): JwksDocument

  /** All keys with their states at `now`, the signing one first. */
  describe(now: number): readonly KeyFacts[]
}

/** Changes a ring for all processes that share its store. Every change can be tried with `dryRun`. */
export interface KeyRingAdmin {
  /** The keys as they are in the store at this moment. */
  list(): Promise<readonly KeyFacts[]>
  /** Makes a key. It is published now, and signs from `activeAt` on (default: when caches have learned of it). */
  generate(options?: GenerateOptions): Promise<KeyChange>
  /** Lets a key sign from now on. The one that signed so far stays active, and verifies. */
  activate(kid: string, options?: ChangeOptions): Promise<KeyChange>
  /** Stops a key from signing. Its tokens are good until they expire. The last one gets a successor first. */
  retire(kid: string, options?: ChangeOptions): Promise<KeyChange>
  /** Refuses a key and every token of it, now and everywhere. For a key that somebody else may know. */
  retireNow(kid: string, options?: ChangeOptions): Promise<KeyChange>
  /** Makes a key, and retires the one that signs when the new one becomes active. */
  rotate(options?: GenerateOptions): Promise<KeyChange>
}

/** How a change is made. */
export interface ChangeOptions {
  /** Say what would happen, and do nothing. Default `false`. */
  readonly dryRun?: boolean
}

/** What kind of key to make, and when it begins to sign. */
export interface GenerateOptions extends ChangeOptions {
  /** The kind of key. Default: what the ring was set up with. */
  readonly algorithm?: KeyAlgorithm
  /** Epoch milliseconds, from now to 400 days from now; or `'now'`. Default: when caches of the JWKS have run out. */
  readonly activeAt?: number | 'now'
}

/** What a change did, or would do. Instants are epoch milliseconds. */
export interface KeyChange {
  readonly isDryRun: boolean
  /** The instant of the change. */
  readonly now: number
  /** The key the change is about; `undefined`: one that a real run would make. */
  readonly kid: string | undefined
  readonly transitions: readonly KeyTransition[]
  /** Which key signs from when on, beginning with the one that signs after the change. */
  readonly signers: readonly KeySigner[]
  /**
   * Until when access tokens are accepted, for each key that was told to stop. Nobody is signed out by that:
   * clients with a refresh token or a cookie go on.
   */
  readonly impact: readonly KeyImpact[]
  readonly notes: readonly KeyNote[]
}

/** One key comes into another state at `at`; `from` is `undefined` for a key that is new. */
export interface KeyTransition {
  readonly kid: string | undefined
  readonly algorithm: TokenAlgorithm
  readonly from: KeyState | undefined
  readonly to: KeyState
  readonly at: number
}

/** New tokens are signed with `kid` from `at` on; `undefined`: with one that a real run would make. */
export interface KeySigner {
  readonly kid: string | undefined
  readonly at: number
}

/** Access tokens signed with `kid` stop being accepted at `acceptedUntil`. */
export interface KeyImpact {
  readonly kid: string
  readonly acceptedUntil: number
}

/**
 * What whoever makes the change should know:
 * `successor`: a key was made, or activated early, so that the ring is never without one;
 * `early`: a key signs before caches of the JWKS have run out, so verifiers may have to fetch it first;
 * `option`: the key stands in this process's options; take it out there, for the store alone says it is retired.
 */
export type KeyNote = 'successor' | 'early' | 'option'
