import { generateKeyPairSync, randomBytes, type KeyObject } from 'node:crypto'
import { inspect } from 'node:util'
import { jwtVerify, SignJWT } from 'jose'
import type { KeyRing } from '../../src/keys/key-ring.js'
import { createStoredKeyRing, type StoredKeyRingOptions } from '../../src/keys/stored-ring.js'
import type { KeyDocuments } from '../../src/keys/shared-document.js'
import { createMemoryStore } from '../../src/store/memory.js'
import { createManualClock, type ManualClock } from '../../src/testing/manual-clock.js'

export const MINUTE = 60_000
export const DAY = 86_400_000
/** How long tokens are accepted after their key stopped signing: 15 minutes and the tolerance. */
export const ACCEPTED_FOR = 15 * MINUTE + 5_000

export function newSecret(): string {
  return randomBytes(32).toString('base64url')
}

/** Private keys of the three kinds. */
export function privateKey(kind: 'ed25519' | 'p256' | 'rsa', bits = 3072): KeyObject {
  if (kind === 'ed25519') return generateKeyPairSync('ed25519').privateKey
  if (kind === 'p256') return generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey
  return generateKeyPairSync('rsa', { modulusLength: bits }).privateKey
}

export function pem(key: KeyObject, type: 'pkcs8' | 'sec1' | 'pkcs1' = 'pkcs8'): string {
  return key.export({ type, format: 'pem' }).toString()
}

export function jwk(key: KeyObject): Record<string, string> {
  return { ...(key.export({ format: 'jwk' }) as Record<string, string>) }
}

/** Some processes that share a store and a clock. */
export function world(settings: { readonly clock?: ManualClock } = {}) {
  const clock = settings.clock ?? createManualClock()
  const store = createMemoryStore({ clock })
  const secret = newSecret()
  return {
    clock,
    store,
    secret,
    /** The text in the store. */
    text: async () => (await store.readDocument('key-ring'))?.text ?? '',
    /** A ring of one more process, loaded. */
    async ring(options: Partial<StoredKeyRingOptions> = {}) {
      const ring = createStoredKeyRing({
        documents: store,
        wrappingSecrets: [secret],
        clock,
        ...options,
      })
      await ring.ready()
      return ring
    },
  }
}

/** The kid of the key that signs now. */
export async function signer(ring: KeyRing): Promise<string> {
  await ring.ensureFresh()
  return ring.signing().kid
}

/** States by kid, as the ring itself sees them. */
export async function states(ring: KeyRing, now: number): Promise<Record<string, string>> {
  await ring.ensureFresh()
  return Object.fromEntries(ring.describe(now).map(({ kid, state }) => [kid, state]))
}

/** A token of the ring's signing key that expires after `seconds`. */
export async function sign(ring: KeyRing, now: number, seconds: number): Promise<string> {
  await ring.ensureFresh()
  const { kid, algorithm, signingKey } = ring.signing()
  return new SignJWT({ sub: 'ada' })
    .setProtectedHeader({ alg: algorithm, kid })
    .setExpirationTime(Math.floor(now / 1_000) + seconds)
    .sign(signingKey)
}

/** What a verifier of that ring says to a token. */
export async function verdict(ring: KeyRing, token: string, now: number): Promise<string> {
  await ring.ensureFresh()
  const { kid = '' } = JSON.parse(
    Buffer.from(token.split('.')[0] ?? '', 'base64url').toString(),
  ) as { kid?: string }
  const found = ring.find(kid)
  if (found === undefined) return 'kid_unknown'
  const options = { algorithms: [found.algorithm], currentDate: new Date(now) }
  return jwtVerify(token, found.key, options).then(
    () => 'ok',
    (error: unknown) => String((error as { code?: unknown }).code),
  )
}

/** Everything that printing or serialising something could show. */
export function shown(value: unknown): string {
  const deep = inspect(value, { depth: 20, showHidden: true, getters: true })
  return `${deep}\n${JSON.stringify(value)}\n${String(value)}`
}

/** Documents that can be made to fail, counted, and watched as a near cache would. */
export class Documents implements KeyDocuments {
  reads = 0
  writes = 0
  fault: Error | undefined
  /** Called before each write: another process that is quicker. */
  beforeWrite: (() => Promise<void>) | undefined
  readonly #inner: KeyDocuments

  constructor(inner: KeyDocuments) {
    this.#inner = inner
  }

  async readDocument(name: string) {
    this.reads += 1
    if (this.fault !== undefined) throw this.fault
    return this.#inner.readDocument(name)
  }

  async writeDocument(name: string, text: string, expect: number) {
    this.writes += 1
    if (this.fault !== undefined) throw this.fault
    const before = this.beforeWrite
    this.beforeWrite = undefined
    await before?.()
    return this.#inner.writeDocument(name, text, expect)
  }
}
