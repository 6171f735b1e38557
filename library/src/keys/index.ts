/**
 * `sojourn/keys`: the rings that sign and verify access tokens. What keys/ owns is said in `key-ring.ts`.
 *
 * @module
 */
export { KEY_ALGORITHMS, type Jwk, type KeyAlgorithm, type PublicJwk } from './jwk.js'
export type { CryptoKeyPair } from './crypto-key.js'
export type { KeyInput, SecretInput } from './key-input.js'
export type {
  ChangeOptions,
  GenerateOptions,
  JwksDocument,
  KeyChange,
  KeyFacts,
  KeyImpact,
  KeyNote,
  KeyRing,
  KeyRingAdmin,
  KeySigner,
  KeyState,
  KeyTransition,
  KeyWarning,
} from './key-ring.js'
export type { PrivateKeyLike } from './private-key.js'
export { KEY_RING_DOCUMENT, type KeyDocuments } from './shared-document.js'
export { createStaticKeyRing } from './static-ring.js'
export {
  createStoredKeyRing,
  type StoredKeyRing,
  type StoredKeyRingOptions,
} from './stored-ring.js'
export type {
  SigningKey,
  TokenAlgorithm,
  VerificationKey,
  VerificationKeys,
} from '../credential/jwt/token-keys.js'
