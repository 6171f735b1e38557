import { describe, expect, it } from 'vitest'
import {
  createSecurityHeaders,
  type SecurityHeadersOptions,
} from '../../src/response/security-headers.js'

const named = (options: SecurityHeadersOptions = {}, isSecure = true): Record<string, string> =>
  Object.fromEntries(
    createSecurityHeaders(options)
      .lines(isSecure)
      .map(([name, value]) => [name.toLowerCase(), value]),
  )

const directives = (policy: string): Record<string, string> =>
  Object.fromEntries(policy.split('; ').map((part) => part.split(/ (.*)/s).slice(0, 2)))

describe('headers', () => {
  it('say a year of https, with subdomains, and only over https', () => {
    const hsts = 'strict-transport-security'
    expect(named()[hsts]).toBe('max-age=31536000; includeSubDomains')
    expect(named({}, false)[hsts]).toBeUndefined()
    expect(named({ hsts: { always: true } }, false)[hsts]).toBe(named()[hsts])
    expect(named({ hsts: false })[hsts]).toBeUndefined()
    const short = { maxAge: '5m', includeSubDomains: false } as const
    expect(named({ hsts: short })[hsts]).toBe('max-age=300')
    expect(named({ hsts: { maxAge: 0 } })[hsts]).toBe('max-age=0; includeSubDomains')
  })

  it('S3-63: preload is sent only with includeSubDomains and a year', () => {
    const hsts = { preload: true }
    const preloaded = 'max-age=31536000; includeSubDomains; preload'
    expect(named({ hsts })['strict-transport-security']).toBe(preloaded)
    for (const wrong of [
      { ...hsts, includeSubDomains: false },
      { ...hsts, maxAge: '364d' } as const,
      { ...hsts, maxAge: 31_535_999 },
    ]) {
      expect(() => createSecurityHeaders({ hsts: wrong })).toThrow(/preload needs/)
    }
    expect(() => createSecurityHeaders({ hsts: { maxAge: -1 } })).toThrow(/maxAge/)
  })

  it('forbid guessing types, framing, looking in from other sites, and powers nobody needs', () => {
    expect(named()).toMatchObject({
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
      'referrer-policy': 'strict-origin',
      'cross-origin-resource-policy': 'same-origin',
      'cross-origin-opener-policy': 'same-origin',
    })
    expect(named()['permissions-policy']).toContain('camera=(), microphone=()')
  })

  it('take only values that browsers know', () => {
    for (const wrong of [
      { referrerPolicy: 'unsafe-url' },
      { resourcePolicy: 'none' },
      { openerPolicy: 'unsafe-none' },
      { permissionsPolicy: 'camera=()\r\nX: y' },
    ]) {
      const make = () => createSecurityHeaders(wrong as SecurityHeadersOptions)
      expect(make).toThrow(expect.objectContaining({ code: 'ERR_OPTION' }))
    }
  })
})

describe('the policy', () => {
  const { pagePolicy, apiPolicy } = createSecurityHeaders()

  it('of a page lets in what bears the nonce of its answer', () => {
    const found = directives(pagePolicy('abc'))
    expect(found).toEqual({
      'default-src': "'self'",
      'script-src': "'nonce-abc'",
      'style-src': "'self' 'nonce-abc'",
      'object-src': "'none'",
      'base-uri': "'none'",
      'form-action': "'self'",
      'frame-ancestors': "'none'",
    })
    expect(pagePolicy('def')).toBe(pagePolicy('abc').replaceAll('abc', 'def'))
  })

  it('of anything else lets nothing in, and makes it a sandbox', () => {
    const found = directives(apiPolicy)
    expect(found).toMatchObject({ 'default-src': "'none'", 'frame-ancestors': "'none'" })
    expect(apiPolicy).toMatch(/; sandbox$/)
  })

  it('takes directives of the application', () => {
    const policy = {
      'img-src': ["'self'", 'https://cdn.example'],
      'style-src-attr': ["'unsafe-inline'"],
      'script-src': false,
    } as const
    const found = directives(createSecurityHeaders({ policy }).pagePolicy('abc'))
    expect(found['img-src']).toBe("'self' https://cdn.example")
    expect(found['style-src-attr']).toBe("'unsafe-inline'")
    expect(found).not.toHaveProperty('script-src')
  })

  it('is told where to report, where there is somewhere', () => {
    for (const reportTo of ['https://reports.example/csp', '/csp-reports']) {
      const headers = createSecurityHeaders({ reportTo })
      const found = directives(headers.pagePolicy('abc'))
      expect(found).toMatchObject({ 'report-uri': reportTo, 'report-to': 'csp' })
      expect(named({ reportTo })['reporting-endpoints']).toBe(`csp="${reportTo}"`)
    }
    expect(pagePolicy('abc')).not.toContain('report')
    expect(named()).not.toHaveProperty('reporting-endpoints')
    for (const reportTo of ['http://reports.example', '//evil', 'x', 'https://a/"; x', '/a;b']) {
      expect(() => createSecurityHeaders({ reportTo })).toThrow(/reportTo/)
    }
  })

  it('refuses what would end it early, and inline scripts', () => {
    for (const policy of [
      { 'script-src': ["'unsafe-inline'", "'nonce'"] },
      { 'default-src': ["'unsafe-inline'"] },
      { 'img-src': ['x; script-src *'] },
      { 'img-src': ['x,y'] },
      { 'img-src': ['x\r\ny'] },
      { 'img-src; script-src *': [] },
    ]) {
      expect(() => createSecurityHeaders({ policy })).toThrow(/headers:/)
    }
  })
})
