import { InvalidOption } from '../errors.js'
import {
  importJwks,
  type ImportedKeys,
  type VerificationKey,
  type VerificationKeys,
} from '../credential/jwt/index.js'
import { readStrictJson } from '../credential/jwt/strict-json.js'
import { fetchBytes } from './fetch-json.js'
import type { JwksDocument, VerifySettings } from './options.js'

/** Where the keys come from. */
export interface KeySource extends VerificationKeys {
  /** Resolves when there are keys as fresh as can be; `false` where there are none to use. */
  ready(): Promise<boolean>
  /** Looks whether there are keys by now that were not known before. */
  seek(): Promise<boolean>
}

const MAX_BYTES = 65_536
const TIMEOUT = 5_000

/** Keys that were given once and for all. */
export function fixedKeys(document: JwksDocument, isSymmetric: boolean): KeySource {
  let keys: ImportedKeys | undefined
  const loading = importJwks(document, { symmetric: isSymmetric }).then((imported) => {
    keys = imported
    return true
  })
  // Whoever verifies first is told of it.
  loading.catch(() => undefined)
  return {
    revision: 0,
    find: (kid) => keys?.find(kid),
    ready: () => loading,
    seek: () => Promise.resolve(false),
  }
}

/**
 * Keys as they are published. They are fetched when first needed, again in the background from half of `cacheFor` on, and waited for
 * when they are older; and never more often than once per `cooldown`, so that nobody can make us hammer the issuer
 * with tokens of unknown keys. While its host is away the keys at hand are used, up to `staleFor`.
 */
export function fetchedKeys(url: URL, settings: VerifySettings, signal: AbortSignal): KeySource {
  const { clock, cacheFor, cooldown, staleFor } = settings
  let keys: ImportedKeys | undefined
  let bytes: Uint8Array = new Uint8Array()
  let revision = 0
  let fetchedAt = -Infinity
  let attemptedAt = -Infinity
  let pending: Promise<void> | undefined

  const age = (): number => clock.elapsed() - fetchedAt
  const isUsable = (): boolean => age() <= Math.max(staleFor, cacheFor)
  const take = (found: Uint8Array, imported: ImportedKeys): void => {
    fetchedAt = attemptedAt
    if (isEqual(found, bytes)) return
    bytes = found
    keys = imported
    revision += 1
  }
  const load = async (): Promise<void> => {
    try {
      const found = await fetchBytes({
        fetch: settings.fetch,
        url,
        headers: {},
        maxBytes: MAX_BYTES,
        timeout: TIMEOUT,
        signal,
      })
      take(found, await importBytes(found))
    } catch (fault) {
      settings.onFault(toError(fault))
    } finally {
      pending = undefined
    }
  }
  const refresh = (): Promise<void> | undefined => {
    if (pending === undefined && clock.elapsed() - attemptedAt >= cooldown) {
      attemptedAt = clock.elapsed()
      pending = load()
    }
    return pending
  }
  return {
    get revision() {
      return revision
    },
    find: (kid): VerificationKey | undefined => (isUsable() ? keys?.find(kid) : undefined),
    async ready() {
      if (keys === undefined || age() > cacheFor) await refresh()
      else if (age() > cacheFor / 2) void refresh()
      return keys !== undefined && isUsable()
    },
    async seek() {
      const before = revision
      await refresh()
      return revision !== before
    },
  }
}

async function importBytes(bytes: Uint8Array): Promise<ImportedKeys> {
  const document = readStrictJson(bytes)
  if (document === undefined) throw new InvalidOption('The JWKS is no JSON, or ambiguous.')
  return importJwks(document.value)
}

function isEqual(left: Uint8Array, right: Uint8Array): boolean {
  return left.length === right.length && left.every((byte, index) => byte === right[index])
}

function toError(fault: unknown): Error {
  return fault instanceof Error ? fault : new Error('The keys could not be fetched.')
}
