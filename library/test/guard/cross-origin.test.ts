import { describe, expect, it } from 'vitest'
import { refuseCrossOrigin, type CrossOriginOptions } from '../../src/guard/cross-origin.js'
import { incoming } from '../support/browser.js'

interface Case {
  readonly method?: string
  readonly site?: string
  readonly origin?: string
  readonly type?: string
  readonly cookie?: string
  readonly options?: CrossOriginOptions
}

function code({
  method = 'POST',
  site,
  origin,
  type,
  cookie = 'sid=x',
  options = {},
}: Case): string {
  const headers: Record<string, string | undefined> = {
    'sec-fetch-site': site,
    origin,
    'content-type': type,
  }
  const request = { ...incoming(cookie, { method }), header: (name: string) => headers[name] }
  return refuseCrossOrigin(request, options)?.code ?? 'passes'
}

const own = 'https://app.example'

describe('cross-origin requests', () => {
  it('pass where the browser says that the page is our own', () => {
    expect(code({ site: 'same-origin', origin: own })).toBe('passes')
    expect(code({ site: 'same-origin' })).toBe('passes')
    expect(code({ site: 'none' })).toBe('passes')
    expect(code({ origin: own })).toBe('passes')
    expect(
      code({
        origin: 'https://good.example',
        options: { trustedOrigins: ['https://good.example'] },
      }),
    ).toBe('passes')
    expect(
      code({
        site: 'cross-site',
        origin: 'https://good.example',
        options: { trustedOrigins: ['https://good.example'] },
      }),
    ).toBe('passes')
    for (const method of ['GET', 'HEAD', 'OPTIONS'])
      expect(code({ method, site: 'cross-site', origin: 'https://evil.example' })).toBe('passes')
  })

  it('are judged by Sec-Fetch-Site where an Origin says otherwise, or nothing', () => {
    for (const site of ['same-site', 'cross-site']) {
      expect(code({ site })).toBe('cross_origin')
      expect(code({ site, origin: own })).toBe('cross_origin')
    }
    expect(code({ site: 'same-origin', origin: 'https://evil.example' })).toBe('passes')
    expect(code({ site: 'none', origin: 'https://evil.example' })).toBe('cross_origin')
  })

  it('that say nothing are refused with a body that a form could send, or one that does not say what it is', () => {
    const ask = (headers: Readonly<Record<string, string>>): string =>
      refuseCrossOrigin(
        { ...incoming('sid=x', { method: 'POST' }), header: (name: string) => headers[name] },
        {},
      )?.code ?? 'passes'
    expect(ask({})).toBe('passes')
    expect(ask({ 'content-length': '0' })).toBe('passes')
    expect(ask({ 'content-length': '3' })).toBe('csrf_invalid')
    expect(ask({ 'transfer-encoding': 'chunked' })).toBe('csrf_invalid')
    expect(ask({ 'content-type': 'not a media type' })).toBe('csrf_invalid')
    expect(ask({ 'content-type': 'application/json', 'content-length': '3' })).toBe('passes')
  })

  it('header-11: Origin null is refused without Sec-Fetch-Site', () => {
    expect(code({ origin: 'null' })).toBe('cross_origin')
  })

  it('header-12: an origin that only looks like ours is refused', () => {
    const options = { origin: 'https://good.example' }
    for (const origin of [
      'https://good.example.evil.com',
      'https://evilgood.example',
      'http://good.example',
      'https://good.example:8443',
      'https://good.example/',
      'HTTPS://GOOD.EXAMPLE',
    ]) {
      expect(code({ origin, options })).toBe('cross_origin')
      expect(code({ origin, site: 'cross-site', options })).toBe('cross_origin')
    }
  })

  it('header-13: two Origin headers are refused', () => {
    expect(code({ origin: `${own}, ${own}` })).toBe('cross_origin')
  })

  it('header-14: an unknown or doubled Sec-Fetch-Site is refused', () => {
    for (const site of [
      'same-origin, cross-site',
      'same-origin,same-origin',
      'SAME-ORIGIN',
      '',
      'x',
    ]) {
      expect(code({ site, origin: own })).toBe('cross_origin')
    }
  })

  it('header-15: Sec-Fetch-Site none does not excuse a foreign Origin', () => {
    expect(code({ site: 'none', origin: 'https://evil.example' })).toBe('cross_origin')
  })

  it('header-16: a sibling subdomain that is not trusted is refused', () => {
    expect(code({ site: 'same-site', origin: 'https://sibling.app.example' })).toBe('cross_origin')
  })

  it('clients without either header pass with JSON, and not with a form and a cookie', () => {
    expect(code({ type: 'application/json' })).toBe('passes')
    for (const type of [
      'application/x-www-form-urlencoded',
      'multipart/form-data; boundary=x',
      'text/plain;charset=utf-8',
      'TEXT/PLAIN',
    ]) {
      expect(code({ type })).toBe('csrf_invalid')
    }
    const request = {
      ...incoming(undefined, { method: 'POST' }),
      header: (name: string) => (name === 'content-type' ? 'text/plain' : undefined),
    }
    expect(refuseCrossOrigin(request, {})).toBeUndefined()
  })

  it("by a token alone are nobody else's doing; with a cookie beside it the rules of cookies hold", () => {
    const headers: Record<string, string> = {
      authorization: 'Bearer x',
      origin: 'https://evil.example',
      'sec-fetch-site': 'cross-site',
    }
    const ask = (cookie: string | undefined) =>
      refuseCrossOrigin(
        { ...incoming(cookie, { method: 'POST' }), header: (name: string) => headers[name] },
        {},
      )?.code ?? 'passes'
    expect(ask(undefined)).toBe('passes')
    expect(ask('sid=x')).toBe('cross_origin')
    headers['authorization'] = 'Basic of a bearer x'
    expect(ask(undefined)).toBe('cross_origin')
  })
})
