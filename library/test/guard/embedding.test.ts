import { describe, expect, it } from 'vitest'
import { refuseEmbedding } from '../../src/guard/embedding.js'
import { createProxyTrust } from '../../src/request/client-address.js'
import { createNodeIncoming } from '../../src/request/incoming.js'

function code(site?: string, mode?: string, destination?: string, method = 'GET'): string {
  const headers = {
    'sec-fetch-site': site,
    'sec-fetch-mode': mode,
    'sec-fetch-dest': destination,
  }
  const request = { method, url: '/', headers, socket: {} }
  const refusal = refuseEmbedding(createNodeIncoming(request, createProxyTrust(undefined)))
  return refusal === undefined ? 'passes' : `${refusal.status} ${refusal.code}`
}

const REFUSED = '403 cross_origin'

describe('what a page of another site asks for', () => {
  it('is refused where it would become part of that page', () => {
    const places = ['image', 'script', 'style', 'font', 'audio', 'video', 'track', 'manifest']
    for (const site of ['cross-site', 'same-site', 'same-origin, cross-site', 'x', '']) {
      for (const place of [...places, 'object', 'embed', 'worker', 'empty', 'report', undefined]) {
        expect(code(site, 'no-cors', place)).toBe(REFUSED)
      }
      for (const frame of ['iframe', 'frame', 'object', 'embed', 'fencedframe', undefined]) {
        expect(code(site, 'navigate', frame)).toBe(REFUSED)
      }
      // `crossorigin` on an element.
      expect(code(site, 'cors', 'image')).toBe(REFUSED)
      expect(code(site, undefined, 'document')).toBe(REFUSED)
    }
  })

  it('is for another guard where the method is unsafe, and for nobody where only the site is named', () => {
    expect(code('cross-site', 'no-cors', 'image', 'HEAD')).toBe(REFUSED)
    for (const method of ['POST', 'DELETE', 'OPTIONS']) {
      expect(code('cross-site', 'no-cors', 'image', method)).toBe('passes')
    }
    expect(code('cross-site')).toBe('passes')
  })

  it('passes where it is a link, or left to CORS; and so does everything of our own', () => {
    for (const site of ['cross-site', 'same-site']) {
      expect(code(site, 'navigate', 'document')).toBe('passes')
      expect(code(site, 'cors', 'empty')).toBe('passes')
    }
    for (const site of ['same-origin', 'none', undefined]) {
      expect(code(site, 'no-cors', 'image')).toBe('passes')
      expect(code(site, 'navigate', 'iframe')).toBe('passes')
    }
  })
})
