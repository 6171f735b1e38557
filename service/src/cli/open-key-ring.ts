import {
  createStaticKeyRing,
  createStoredKeyRing,
  type KeyDocuments,
  type KeyInput,
  type KeyRing,
  type StoredKeyRing,
  type StoredKeyRingOptions,
} from 'sojourn/keys'
import type { Config } from '../config/config.js'

/** The ring of the service's access tokens, and whether it can be changed through the store. */
export type OpenedKeyRing =
  | { readonly kind: 'stored'; readonly ring: StoredKeyRing }
  /** A secret that everybody shares stands in JWT_SECRET, and nowhere else. */
  | { readonly kind: 'static'; readonly ring: KeyRing }

/**
 * The ring that JWT_SECRET and the store make together: with shared secrets (HS256) it is what the variable says, with
 * private keys it lives in the store, where they can be followed by keys that are generated. For the service and for
 * `sojourn keys`, which have to see the same ring. Nothing is read before `ring.ready()`.
 *
 * @throws {InvalidOption} Where JWT_SECRET holds both kinds, or an RSA key that is too weak.
 */
export function openKeyRing(
  config: Pick<Config, 'tokens' | 'secrets'>,
  documents: KeyDocuments,
  options: Pick<StoredKeyRingOptions, 'commandDeadline'> = {},
): OpenedKeyRing {
  const { keys, accessLifetime } = config.tokens
  const inputs = keys.map(({ algorithm, secret }): KeyInput => {
    return algorithm === 'HS256' ? { algorithm, secret: secret.reveal() } : secret.reveal()
  })
  const algorithm = keys[0]?.algorithm ?? 'EdDSA'
  if (algorithm === 'HS256') return { kind: 'static', ring: createStaticKeyRing(inputs) }
  const ring = createStoredKeyRing({
    documents,
    keys: inputs,
    wrappingSecrets: config.secrets.session.map((secret) => secret.reveal()),
    algorithm,
    accessLifetime: accessLifetime * 1_000,
    ...options,
  })
  return { kind: 'stored', ring }
}
