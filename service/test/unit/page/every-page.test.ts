import { describe, expect, it } from 'vitest'

import { guestScript, memberScript } from '../../../src/page/assets.js'
import { NONCE_MARK } from '../../../src/page/nonce.js'
import { formsOf, tagsOf, textOf, type Tag } from './markup.js'
import { samplePages } from './samples.js'

const pages = samplePages({ csrf: 'token' })
const KILOBYTES_15 = 15 * 1024

describe.each(pages)('page: $name', ({ name, html, isSignedIn }) => {
  const tags = tagsOf(html)

  it('is a small document with a language, a title, one main and one h1', () => {
    expect(html.startsWith('<!doctype html><html lang="en">')).toBe(true)
    expect(Buffer.byteLength(html)).toBeLessThan(KILOBYTES_15)
    expect(html).toMatch(/<title>[^<]+ · sojourn<\/title>/)
    expect(named(tags, 'h1')).toHaveLength(1)
    expect(named(tags, 'main')).toHaveLength(1)
  })

  it('begins with a way past the header', () => {
    const first = tags.find(({ name }) => name === 'a')
    expect(first?.attributes['href']).toBe('#main')
    expect(tags.filter(({ attributes }) => attributes['id'] === 'main')).toHaveLength(1)
  })

  it('has no script but our own file, no inline style and no event handler, so a strict policy can hold', () => {
    const scripts = named(tags, 'script').map(({ attributes }) => attributes)
    expect(scripts).toEqual(
      scripts.map(() => ({
        type: 'module',
        src: isSignedIn ? memberScript.path : guestScript.path,
        nonce: NONCE_MARK,
      })),
    )
    // Where nobody could be looked at, there is nothing to send either.
    expect(scripts).toHaveLength(/look again|unavailable|500 \(guest/.test(name) ? 0 : 1)
    expect(html).not.toMatch(/<script[^>]*>[^<]/)
    expect(named(tags, 'style')).toEqual([])
    const keys = tags.flatMap(({ attributes }) => Object.keys(attributes))
    expect(keys.filter((key) => key === 'style' || key.startsWith('on'))).toEqual([])
  })

  it('ASVS 3.6.1: names no address outside this host', () => {
    const addresses = tags.flatMap(({ attributes }) =>
      ['href', 'src', 'action', 'xlink:href', 'srcset', 'formaction', 'data', 'poster'].flatMap(
        (key) => attributes[key] ?? [],
      ),
    )
    expect(addresses.length).toBeGreaterThan(2)
    expect(addresses.filter((address) => !/^(\/(?![/\\])|#)/.test(address))).toEqual([])
    expect(html).not.toMatch(/https?:|url\(/)
  })

  it('uses every id once, and refers only to ids that are there', () => {
    const ids = tags.flatMap(({ attributes }) => attributes['id'] ?? [])
    expect(new Set(ids).size).toBe(ids.length)
    const references = tags.flatMap(({ attributes }) => [
      ...['for', 'aria-describedby', 'aria-labelledby'].flatMap(
        (key) => attributes[key]?.split(' ') ?? [],
      ),
      ...(attributes['href']?.startsWith('#') === true ? [attributes['href'].slice(1)] : []),
    ])
    expect(references.filter((id) => !ids.includes(id))).toEqual([])
  })

  it('labels every input, never fills in a password and takes the keyboard from nobody', () => {
    const inputs = named(tags, 'input').filter(({ attributes }) => attributes['type'] !== 'hidden')
    const labelled = named(tags, 'label').map(({ attributes }) => attributes['for'])
    for (const { attributes } of inputs) {
      expect(labelled).toContain(attributes['id'])
      expect(attributes).not.toHaveProperty('autofocus')
      if (attributes['type'] === 'password') {
        expect(attributes).not.toHaveProperty('value')
        expect(attributes['autocomplete']).toMatch(/^(current|new)-password$/)
      }
    }
  })

  it('posts every form with the token it was given', () => {
    for (const { form, inside } of formsOf(html)) {
      expect(form.attributes['method']).toBe('post')
      expect(tokens(inside)).toEqual(['token'])
      expect(inside.filter(({ attributes }) => attributes['type'] === 'submit')).toHaveLength(1)
    }
  })

  if (isSignedIn) {
    it('ASVS 7.4.4: has the form that signs out, and says who is signed in', () => {
      const actions = formsOf(html).map(({ form }) => form.attributes['action'])
      expect(actions).toContain('/logout')
      expect(textOf(html)).toContain('Signed in as ada')
    })
  } else {
    it('offers no sign-out to somebody who is not signed in', () => {
      expect(html).not.toContain('action="/logout"')
    })
  }
})

it('forms carry no token field when no token was given', () => {
  const inputs = samplePages().flatMap(({ html }) => tokens(tagsOf(html)))
  expect(inputs).toEqual([])
})

it('hostile text stays text: the pages keep the same elements and the same attributes', () => {
  const attack = `"'><img src=x onerror=alert(1)><script>alert(1)</script>&lt;`
  const hostile = samplePages({ csrf: 'token' + attack, text: (text) => text + attack })
  expect(hostile.map(({ html }) => shapeOf(html))).toEqual(pages.map(({ html }) => shapeOf(html)))
  const shown = hostile.filter(({ html }) => html.includes('&lt;img src=x onerror=alert(1)>'))
  expect(shown.length).toBeGreaterThan(15)
})

function shapeOf(html: string): readonly string[] {
  return tagsOf(html).map(({ name, attributes }) => [name, ...Object.keys(attributes)].join(' '))
}

function named(tags: readonly Tag[], name: string): readonly Tag[] {
  return tags.filter((tag) => tag.name === name)
}

function tokens(tags: readonly Tag[]): readonly (string | undefined)[] {
  return tags
    .filter(({ attributes }) => attributes['name'] === '_csrf')
    .map(({ attributes }) => attributes['value'])
}
