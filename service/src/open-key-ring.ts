import { createStaticKeyRing, createStoredKeyRing, type KeyDocuments } from 'sojourn/keys'
import type { KeyRing, StoredKeyRing } from 'sojourn/keys'
import type { Config } from './config/config.js'

/** How long others may keep the JWKS (its `Cache-Control`): a new key is published this long before it signs. */
const PUBLISH_FOR = 600_000

/**
 * The keys of access tokens: those of `JWT_SECRET`, and those that `sojourn keys` has made since, which all processes
 * share through the store. Shared secrets (HS256) stay in the environment.
 */
export function openKeyRing(config: Config, documents: KeyDocuments): KeyRing {
  return (
    openStoredKeyRing(config, documents) ?? createStaticKeyRing(config.tokens.keys.map(toInput))
  )
}

/** The ring that can be changed while the service runs; `undefined` where `JWT_SECRET` is a shared secret. */
export function openStoredKeyRing(
  { tokens, secrets }: Config,
  documents: KeyDocuments,
): StoredKeyRing | undefined {
  const [first] = tokens.keys
  if (first === undefined || first.algorithm === 'HS256') return undefined
  return createStoredKeyRing({
    documents,
    keys: tokens.keys.map(toInput),
    wrappingSecrets: secrets.session.map((secret) => secret.reveal()),
    algorithm: first.algorithm,
    accessLifetime: tokens.accessLifetime * 1_000,
    publishFor: PUBLISH_FOR,
  })
}

function toInput({ algorithm, secret }: Config['tokens']['keys'][number]) {
  return algorithm === 'HS256' ? { algorithm, secret: secret.reveal() } : secret.reveal()
}
