import { builtinModules } from 'node:module'
import { fileURLToPath } from 'node:url'
import { createContext, runInContext } from 'node:vm'
import { rolldown } from 'rolldown'
import { beforeAll, describe, expect, it } from 'vitest'
import { issue, makeKey, SESSION } from '../credential/jwt/forge.js'
import { createManualClock } from '../../src/testing/manual-clock.js'
import { createIssuer, FEED_URL, JWKS_URL } from './issuer.js'

/** What WinterTC's minimum common API has and `sojourn/verify` may use; nothing of Node's. */
const WEB = {
  AbortController,
  AbortSignal,
  CryptoKey,
  Headers,
  ReadableStream,
  Request,
  Response,
  TextDecoder,
  TextEncoder,
  URL,
  URLSearchParams,
  atob,
  btoa,
  clearTimeout,
  console,
  crypto,
  performance,
  setTimeout,
  structuredClone,
}

let code: string
let imports: readonly string[]

beforeAll(async () => {
  const input = fileURLToPath(new URL('../../src/verify/index.ts', import.meta.url))
  const bundle = await rolldown({
    input,
    platform: 'neutral',
    resolve: { mainFields: ['module', 'main'] },
    logLevel: 'silent',
  })
  const { output } = await bundle.generate({ format: 'iife', name: 'sojournVerify' })
  const [{ code: text, imports: external, dynamicImports }] = output
  code = text
  imports = [...external, ...dynamicImports]
  await bundle.close()
})

describe('the entry for runtimes that are not Node', () => {
  it('is one file that imports nothing, of Node or otherwise', () => {
    expect(imports).toEqual([])
    expect(code).not.toMatch(/\brequire\(|\bimport\(|["']node:/)
    for (const name of builtinModules) expect(code).not.toContain(`from "${name}"`)
  })

  it('names no global that only Node has', () => {
    expect(code).not.toMatch(/\b(Buffer|__dirname|setImmediate|process\.\w+)\b/)
  })

  it('sets no interval', () => {
    expect(code).not.toMatch(/setInterval/)
  })

  it('verifies, refuses and hears of ends where there are only Web APIs', async () => {
    const [ed, ec, rsa] = await Promise.all([
      makeKey('EdDSA', 'ed'),
      makeKey('ES256', 'ec'),
      makeKey('RS256', 'rsa'),
    ])
    const issuer = createIssuer(ed, ec, rsa)
    issuer.feed = (since) =>
      Response.json({
        since,
        now: since,
        sessions: [{ id: SESSION, endedAt: since }],
        subjects: [],
      })
    const context = createContext({ ...WEB, fetch: issuer.fetch, clock: createManualClock() })
    runInContext(code, context)
    const has = (name: string): unknown => runInContext(`typeof ${name}`, context)
    expect(['process', 'Buffer', 'require', 'global', 'setImmediate'].map(has)).toEqual(
      Array(5).fill('undefined'),
    )

    const make = (
      more: string,
    ): { verify(token: string): Promise<{ ok: boolean; code?: string }>; close(): void } =>
      runInContext(
        `sojournVerify.createVerifier({ issuer: 'https://id.example', audience: 'https://api.example', jwks: '${JWKS_URL}', clock, ${more} })`,
        context,
      ) as never
    const plain = make('')
    for (const key of [ed, ec, rsa])
      expect(await plain.verify(await issue(key))).toMatchObject({ ok: true })
    const token = await issue(ed)
    expect(await plain.verify(token)).toMatchObject({ ok: true, claims: { subject: 'ada' } })
    expect(await plain.verify(`${token.slice(0, -8)}AAAAAAAA`)).toMatchObject({ ok: false })
    expect(await plain.verify(await issue(ed, { issuer: 'x' }))).toMatchObject({
      code: 'issuer_mismatch',
    })
    expect(await plain.verify(await issue({ ...ed, kid: 'x' }))).toMatchObject({
      code: 'kid_unknown',
    })
    const header = Buffer.of(0xff, 0xfe, 0xfd).toString('base64url')
    expect(await plain.verify(`${header}.AAAA.AAAA`)).toMatchObject({ code: 'token_malformed' })

    const listening = make(`revocations: { url: '${FEED_URL}' }`)
    expect(await listening.verify(token)).toMatchObject({ code: 'session_ended' })
    listening.close()
  })
})
