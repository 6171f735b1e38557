import { gzipSync } from 'node:zlib'

import { describe, expect, it } from 'vitest'

import { assets, iconAsset, styleAsset } from '../../../src/page/assets.js'
import { style } from '../../../src/page/style.js'
import { tokens } from '../../../src/page/style/tokens.js'
import { tagsOf } from './markup.js'
import { samplePages } from './samples.js'

const [light = '', dark = ''] = tokens.split('@media screen and (prefers-color-scheme: dark)')
const modes = { light: coloursOf(light), dark: coloursOf(dark) }

/** Text on its ground; WCAG 2.2, 1.4.3: 4.5 to 1. */
const TEXT = [
  ['ink', 'paper'],
  ['ink', 'surface'],
  ['ink', 'sunk'],
  ['ink-soft', 'paper'],
  ['ink-soft', 'surface'],
  ['ink-soft', 'sunk'],
  ['pine', 'paper'],
  ['pine', 'surface'],
  ['on-pine', 'pine'],
  ['on-pine', 'pine-strong'],
  ['pine-strong', 'pine-wash'],
  ['lamp-ink', 'lamp-wash'],
  ['lamp-ink', 'paper'],
  ['lamp-ink', 'surface'],
  ['lamp-ink', 'door-3'],
  ['danger', 'paper'],
  ['danger', 'surface'],
  ['danger', 'sunk'],
  ['danger', 'danger-wash'],
] as const
/** Edges of inputs and rings around what has the keyboard; 1.4.11: 3 to 1. */
const SHAPES = [
  ['edge', 'paper'],
  ['edge', 'surface'],
  ['edge', 'sunk'],
  ['focus', 'paper'],
  ['focus', 'surface'],
  ['focus', 'sunk'],
] as const

describe.each(['light', 'dark'] as const)('colours, %s', (mode) => {
  it.each(TEXT)('%s on %s can be read', (text, ground) => {
    expect(contrast(modes[mode].get(text), modes[mode].get(ground))).toBeGreaterThanOrEqual(4.5)
  })

  it.each(SHAPES)('%s on %s can be seen', (shape, ground) => {
    expect(contrast(modes[mode].get(shape), modes[mode].get(ground))).toBeGreaterThanOrEqual(3)
  })
})

/** What only scripts make: see client/. */
const BY_SCRIPTS = ['dialog', 'dialog-over', 'trouble']

describe('stylesheet', () => {
  it('is small, and asks for nothing else', () => {
    expect(style.length).toBeLessThan(20 * 1024)
    expect(gzipSync(style).length).toBeLessThan(5 * 1024)
    expect(style).not.toMatch(/@import|url\(|https?:/)
  })

  it('keeps every rule while it drops white space', () => {
    expect(style.split('{').length).toBe(style.split('}').length)
    expect(style).toContain(':root{color-scheme:light dark;')
  })

  it('answers to what people ask of it', () => {
    for (const wish of [
      'prefers-color-scheme:dark',
      'prefers-reduced-motion',
      'forced-colors:active',
      'prefers-contrast:more',
      '@media print',
      ':focus-visible',
    ]) {
      expect(style).toContain(wish)
    }
  })

  it('knows every class of the pages, and no other', () => {
    const used = [
      ...BY_SCRIPTS,
      ...samplePages().flatMap(({ html }) =>
        tagsOf(html).flatMap(
          ({ attributes }) => attributes['class']?.split(' ').filter(Boolean) ?? [],
        ),
      ),
    ]
    const known = [...style.matchAll(/\.([a-z][a-z0-9-]*)/g)].map(([, name]) => name)
    expect(
      [...new Set(used)].filter((name) => !known.includes(name) && !UNSTYLED.has(name)),
    ).toEqual([])
    expect(
      [...new Set(known)].filter((name) => name !== undefined && !used.includes(name)),
    ).toEqual([])
  })
})

/** Names that say what a drawing shows, where nothing looks different for it. */
const UNSTYLED = new Set(['scene-arriving', 'small-scene'])

describe('assets', () => {
  it('have an address of their own for each content, and every page uses them', () => {
    expect(styleAsset.path).toMatch(/^\/assets\/style\.[0-9a-f]{12}\.css$/)
    expect(new Set(assets.map(({ path }) => path)).size).toBe(assets.length)
    for (const { html } of samplePages()) {
      for (const { path } of [styleAsset, iconAsset]) expect(html).toContain(`href="${path}"`)
    }
  })
})

type Colours = ReadonlyMap<string, string>

function coloursOf(block: string): Colours {
  return new Map(
    [...block.matchAll(/--([a-z0-9-]+): (#[0-9a-f]{3,6});/g)].map(([, name = '', hex = '']) => [
      name,
      hex,
    ]),
  )
}

/** WCAG 2.2, "contrast ratio". */
function contrast(one: string | undefined, other: string | undefined): number {
  const [bright = 0, dim = 0] = [luminance(one), luminance(other)].sort((a, b) => b - a)
  return (bright + 0.05) / (dim + 0.05)
}

function luminance(hex: string | undefined): number {
  if (hex === undefined) throw new Error('a colour without a value')
  const full = hex.length === 4 ? hex.slice(1).replace(/./g, '$&$&') : hex.slice(1)
  const [red = 0, green = 0, blue = 0] = [0, 2, 4].map((at) => {
    const share = Number.parseInt(full.slice(at, at + 2), 16) / 255
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4
  })
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue
}
