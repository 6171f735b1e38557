import { describe, expect, it } from 'vitest'
import { addressOf, normalizeAddress } from '../../../src/credential/dpop/address.js'

const request = { target: '/orders', host: 'app.example', isSecure: true }

describe('the address of a proof', () => {
  it('is compared as RFC 3986 section 6.2 says, without query and fragment', () => {
    const same = [
      'https://app.example/a/b~c',
      'HTTPS://APP.EXAMPLE/a/b~c',
      'https://app.example:443/a/b~c',
      'https://app.example/a/b~c?x=1#y',
      'https://app.example/a/./z/../b~c',
      'https://app.example/%61/b%7Ec',
    ]
    expect(new Set(same.map(normalizeAddress))).toEqual(new Set(['https://app.example/a/b~c']))
    expect(normalizeAddress('http://app.example')).toBe('http://app.example/')
    expect(normalizeAddress('https://app.example/%c3%a4%2f')).toBe('https://app.example/%C3%A4%2F')
    expect(normalizeAddress('https://app.example/a%2Fb')).not.toBe(
      normalizeAddress('https://app.example/a/b'),
    )
  })

  it('is an absolute http address without a user, and nothing else', () => {
    for (const text of [
      '',
      'x',
      'ftp://a/b',
      '//a/b',
      'https://',
      'https://u:p@a/b',
      'https://a/\n',
      'https://ä/',
      'https:\\\\a',
    ]) {
      expect(normalizeAddress(text), text).toBeUndefined()
    }
  })
})

describe('the address of a request', () => {
  it('is made of scheme, host and path, or of the origin it is known under', () => {
    expect(addressOf(request, undefined)).toBe('https://app.example/orders')
    expect(addressOf({ ...request, isSecure: false, host: 'localhost:3000' }, undefined)).toBe(
      'http://localhost:3000/orders',
    )
    expect(addressOf({ ...request, target: '/orders?a=1#b' }, undefined)).toBe(
      'https://app.example/orders',
    )
    expect(
      addressOf({ ...request, host: 'inner:8080', isSecure: false }, 'https://app.example'),
    ).toBe('https://app.example/orders')
    expect(addressOf({ ...request, host: '[::1]:3000' }, undefined)).toBe(
      'https://[::1]:3000/orders',
    )
  })

  it('is none where router and address could be read in two ways, or the host is no host', () => {
    for (const target of [
      '*',
      '',
      'http://app.example/orders',
      '/a/../orders',
      '/a/%2E%2e/orders',
      '/./orders',
      '/orders/..',
      '/a\\b',
    ]) {
      expect(addressOf({ ...request, target }, undefined), target).toBeUndefined()
      expect(addressOf({ ...request, target }, 'https://app.example'), target).toBeUndefined()
    }
    for (const host of [
      undefined,
      '',
      'app.example/x',
      'user@app.example',
      'app.example?',
      'a b',
      'a,b',
      'app.example:99999',
    ]) {
      expect(addressOf({ ...request, host }, undefined), host).toBeUndefined()
    }
  })
})
