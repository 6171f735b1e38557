import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { describeAgent } from '../../../src/page/device-name.js'

const WEBKIT = 'AppleWebKit/537.36 (KHTML, like Gecko)'
const APPLE = 'AppleWebKit/605.1.15 (KHTML, like Gecko)'

const agents = [
  [
    `Mozilla/5.0 (Windows NT 10.0; Win64; x64) ${WEBKIT} Chrome/131.0.0.0 Safari/537.36`,
    'Chrome 131 on Windows',
    'desktop',
  ],
  [
    `Mozilla/5.0 (Windows NT 10.0; Win64; x64) ${WEBKIT} Chrome/131.0.0.0 Safari/537.36 Edg/131.0.0.0`,
    'Edge 131 on Windows',
    'desktop',
  ],
  [
    `Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) ${APPLE} Version/18.1 Safari/605.1.15`,
    'Safari 18 on macOS',
    'desktop',
  ],
  [
    'Mozilla/5.0 (X11; Linux x86_64; rv:133.0) Gecko/20100101 Firefox/133.0',
    'Firefox 133 on Linux',
    'desktop',
  ],
  [
    `Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) ${WEBKIT} Chrome/131.0.0.0 Safari/537.36`,
    'Chrome 131 on Chrome OS',
    'desktop',
  ],
  [
    `Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) ${APPLE} Version/18.1 Mobile/15E148 Safari/604.1`,
    'Safari 18 on iPhone',
    'phone',
  ],
  [
    `Mozilla/5.0 (iPad; CPU OS 17_5 like Mac OS X) ${APPLE} Version/17.5 Mobile/15E148 Safari/604.1`,
    'Safari 17 on iPad',
    'tablet',
  ],
  [
    `Mozilla/5.0 (Linux; Android 10; K) ${WEBKIT} Chrome/131.0.0.0 Mobile Safari/537.36`,
    'Chrome 131 on Android',
    'phone',
  ],
  [
    `Mozilla/5.0 (Linux; Android 10; K) ${WEBKIT} Chrome/131.0.0.0 Safari/537.36`,
    'Chrome 131 on Android',
    'tablet',
  ],
  [
    `Mozilla/5.0 (Linux; Android 13; SM-S911B) ${WEBKIT} SamsungBrowser/26.0 Chrome/122.0.0.0 Mobile Safari/537.36`,
    'Samsung Internet 26 on Android',
    'phone',
  ],
  ['curl/8.5.0', 'curl 8', 'unknown'],
  ['PostmanRuntime/7.43.0', 'PostmanRuntime 7', 'unknown'],
  ['python-requests/2.31.0', 'python-requests 2', 'unknown'],
] as const

const nameless = [
  undefined,
  '',
  '   ',
  'Mozilla/5.0',
  'node',
  '<img src=x onerror=alert(1)>',
  'x'.repeat(5_000),
]

describe('describeAgent', () => {
  it.each(agents)('%s', (agent, name, kind) => {
    expect(describeAgent(agent)).toEqual({ name, kind })
  })

  it.each(nameless)('has no name for %j', (agent) => {
    expect(describeAgent(agent)).toEqual({ name: 'Unknown device', kind: 'unknown' })
  })

  it('reads only the first 256 characters', () => {
    const late = ' Chrome/131.0.0.0 Safari/537.36'
    expect(describeAgent(`curl/8.5.0 ${' '.repeat(260)}${late}`).name).toBe('curl 8')
  })

  it('cuts a long name to 60 bytes of whole characters', () => {
    const { name } = describeAgent(`${'é'.repeat(80)}/9.9 (Linux)`)
    expect(Buffer.byteLength(name)).toBe(60)
    expect(name).toBe('é'.repeat(30))
  })

  it('drops controls, direction overrides and markup from names a stranger chose', () => {
    expect(describeAgent('\u202e\u0000<b>evil/1 (Linux)').name).toBe('bevil 1 on Linux')
  })

  it('never throws, and always gives a short printable name', () => {
    const piece = fc.constantFrom(
      'Mozilla/5.0 ',
      '(Linux; Android ',
      'Chrome/',
      '131',
      ')',
      ' on ',
      '\u202e',
    )
    const garbage = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 600 }),
      fc
        .array(fc.oneof(piece, fc.string({ unit: 'grapheme' })), { maxLength: 30 })
        .map((all) => all.join('')),
    )
    fc.assert(
      fc.property(garbage, (agent) => {
        const { name, kind } = describeAgent(agent)
        expect(Buffer.byteLength(name)).toBeLessThanOrEqual(60)
        expect(name).toMatch(/^[\p{L}\p{M}\p{N} ._+()-]+$/u)
        expect(['desktop', 'phone', 'tablet', 'unknown']).toContain(kind)
      }),
      { numRuns: 2_000 },
    )
  })
})
