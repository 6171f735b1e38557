import { describe, expect, it } from 'vitest'
import { createHttpsGuard } from '../../src/guard/https.js'
import { createProxyTrust } from '../../src/request/client-address.js'
import { createNodeIncoming } from '../../src/request/incoming.js'

const ORIGIN = 'https://app.example'
const PAGE = { accept: 'text/html,application/xhtml+xml,*/*;q=0.8' }

interface Facts {
  readonly method?: string
  readonly url?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly rawHeaders?: readonly string[]
  readonly peer?: string
  readonly isEncrypted?: boolean
}

const TRUST = createProxyTrust(['10.0.0.0/8'])

function ask(facts: Facts, allowedHosts?: readonly string[]) {
  const { method = 'GET', url = '/', headers = {}, rawHeaders, peer = '203.0.113.7' } = facts
  const socket = { remoteAddress: peer, encrypted: facts.isEncrypted ?? false }
  const incoming = createNodeIncoming({ method, url, headers, rawHeaders, socket }, TRUST)
  const hosts = allowedHosts === undefined ? {} : { allowedHosts }
  return createHttpsGuard({ origin: ORIGIN, ...hosts })(incoming)
}

const location = (facts: Facts): unknown => {
  const answer = ask(facts)
  return answer?.status === 308 ? answer.location : answer?.code
}

describe('plain http', () => {
  it('S3-60, ASVS 4.1.2: sends a page on to the fixed origin, whatever Host and X-Forwarded-Host say', () => {
    const evil = { host: 'evil.example', 'x-forwarded-host': 'evil.example' }
    expect(location({ url: '/a?b=c', headers: { ...PAGE, ...evil } })).toBe(`${ORIGIN}/a?b=c`)
    expect(location({ method: 'HEAD', headers: { ...PAGE, ...evil } })).toBe(`${ORIGIN}/`)
    const navigation = { 'sec-fetch-mode': 'navigate' }
    expect(location({ headers: navigation })).toBe(`${ORIGIN}/`)
    expect(location({ headers: { ...PAGE, 'sec-fetch-mode': 'cors' } })).toBe('tls_required')
  })

  it('S3-60: no target leads away from the origin', () => {
    const targets = [
      '//evil.example/x',
      '/\\evil.example',
      '\\\\evil.example',
      'http://evil.example/x',
      '@evil.example',
      '.evil.example',
      ':8443/x',
      '/\u0085x',
      '*',
    ]
    for (const url of targets) {
      const found = String(location({ url, headers: PAGE }))
      expect(new URL(found).origin).toBe(ORIGIN)
      expect(found).toMatch(/^[\x21-\x7e]+$/)
    }
  })

  it('ASVS 4.1.2: refuses what is no page, and every unsafe method', () => {
    for (const method of ['POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'get']) {
      expect(location({ method, headers: PAGE })).toBe('tls_required')
    }
    for (const accept of ['application/json', '*/*', '']) {
      expect(location({ headers: { accept } })).toBe('tls_required')
    }
    expect(ask({})).toEqual({ status: 403, code: 'tls_required', message: 'Use https.' })
  })

  it('header-23, header-24: the word of a proxy counts from a trusted one, and only where it is clear', () => {
    const said = (proto: string) => ({ 'x-forwarded-proto': proto })
    const refusal = { status: 403, code: 'tls_required', message: 'Use https.' }
    expect(ask({ headers: said('https') })).toEqual(refusal)
    expect(ask({ peer: '10.1.2.3', headers: said('https') })).toBeUndefined()
    expect(ask({ peer: '10.1.2.3', headers: said('https, http') })).toEqual(refusal)
    expect(ask({ peer: '10.1.2.3', headers: said('http') })).toEqual(refusal)
    expect(ask({ isEncrypted: true })).toBeUndefined()
    const others = { 'x-forwarded-ssl': 'on', 'front-end-https': 'on', forwarded: 'proto=https' }
    expect(ask({ peer: '10.1.2.3', headers: others })).toEqual(refusal)
  })
})

describe('hosts', () => {
  const hosts = ['app.example', 'www.app.example:8443']
  const code = (host: string | undefined, rawHeaders?: readonly string[]): unknown => {
    const headers = host === undefined ? {} : { host }
    const raw = rawHeaders === undefined ? {} : { rawHeaders }
    const answer = ask({ isEncrypted: true, headers, ...raw }, hosts)
    return answer?.status === 308 ? answer : answer?.code
  }

  it('header-25: one that is not named is 421, and nothing near it passes', () => {
    const refusal = { status: 421, code: 'host_unknown', message: 'Unknown host.' }
    expect(ask({ isEncrypted: true, headers: { host: 'evil.example' } }, hosts)).toEqual(refusal)
    for (const host of [
      'app.example.evil.example',
      'evil-app.example',
      'app.example:8443',
      'www.app.example',
      'app.example@evil.example',
      'app.example/',
      'app.example.',
      '',
      undefined,
    ]) {
      expect(code(host)).toBe('host_unknown')
    }
    const doubled = ['Host', 'app.example', 'Host', 'evil.example']
    expect(code('app.example', doubled)).toBe('host_unknown')
    for (const host of ['app.example', 'APP.example', 'app.example:443', 'www.app.example:8443']) {
      expect(code(host)).toBeUndefined()
    }
    expect(ask({ isEncrypted: true, headers: { host: 'evil.example' } })).toBeUndefined()
  })
})

describe('options', () => {
  it('are refused where they cannot be meant', () => {
    const wrong = ['http://app.example', 'https://app.example/', 'app.example', '']
    for (const origin of wrong) {
      expect(() => createHttpsGuard({ origin })).toThrow(/origin must be an https origin/)
    }
    for (const host of ['', 'https://app.example', 'app.example/x', 'a b']) {
      const make = () => createHttpsGuard({ origin: ORIGIN, allowedHosts: [host] })
      expect(make).toThrow(/allowedHosts/)
    }
  })
})
