import type { Verifier, VerifyOptions } from '../../src/verify/index.js'
import { createVerifier } from '../../src/verify/index.js'
import { createManualClock, type ManualClock } from '../../src/testing/manual-clock.js'
import { AUDIENCE, ISSUER, type TestKey } from '../credential/jwt/forge.js'

/** An issuer without a network: what it publishes, how it answers, and how often it was asked. */
export interface TestIssuer {
  readonly fetch: typeof globalThis.fetch
  /** How often the keys were asked for. */
  readonly fetches: () => number
  /** The questions to the feed, as `since` and `wait`. */
  readonly questions: { since: number; wait: number; headers: Headers }[]
  keys: readonly TestKey[]
  /** What the JWKS answers instead. */
  answer: (() => Response | Promise<Response>) | undefined
  /** What the feed answers. */
  feed: (since: number, wait: number) => Response | Promise<Response>
}

export const JWKS_URL = 'https://id.example/.well-known/jwks.json'
export const FEED_URL = 'https://id.example/oauth/revocations'

export const jwkOf = (key: TestKey): Record<string, unknown> => ({
  ...key.publicObject?.export({ format: 'jwk' }),
  kid: key.kid,
  alg: key.algorithm,
  use: 'sig',
})

export const jwksOf = (...keys: readonly TestKey[]): { keys: Record<string, unknown>[] } => ({
  keys: keys.map(jwkOf),
})

export function createIssuer(...keys: TestKey[]): TestIssuer {
  let count = 0
  const issuer: TestIssuer = {
    keys,
    answer: undefined,
    questions: [],
    fetches: () => count,
    feed: (since) => Response.json({ since, now: since + 1, sessions: [], subjects: [] }),
    async fetch(input, init) {
      const url = new URL(input as string)
      if (url.pathname.startsWith('/.well-known')) {
        count += 1
        return issuer.answer?.() ?? Response.json(jwksOf(...issuer.keys))
      }
      const [since, wait] = ['since', 'wait'].map((name) => Number(url.searchParams.get(name)))
      issuer.questions.push({
        since: since ?? 0,
        wait: wait ?? 0,
        headers: new Headers(init?.headers),
      })
      return issuer.feed(since ?? 0, wait ?? 0)
    },
  }
  return issuer
}

export interface TestSetup {
  readonly clock: ManualClock
  readonly faults: Error[]
  readonly verifier: Verifier
  /** The code of a refusal, or `ok`. */
  judge(token: string): Promise<string>
  verify: ReturnType<typeof createVerifier>['verify']
  close(): void
}

export function setUp(issuer: TestIssuer, options: Partial<VerifyOptions> = {}): TestSetup {
  const clock = createManualClock()
  const faults: Error[] = []
  const verifier = createVerifier({
    issuer: ISSUER,
    audience: AUDIENCE,
    jwks: JWKS_URL,
    fetch: issuer.fetch,
    clock,
    onFault: (fault) => faults.push(fault),
    ...options,
  })
  return {
    clock,
    faults,
    verifier,
    verify: (token) => verifier.verify(token),
    close: () => verifier.close(),
    async judge(token) {
      const verdict = await verifier.verify(token)
      return verdict.ok ? 'ok' : verdict.code
    },
  }
}
