import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { checkSite } from '../../../../tools/docs/site/check-site.mjs'
import { placeOf, withLinks } from '../../../../tools/docs/site/links.mjs'
import { arrowsOf } from '../../../../tools/docs/site/mermaid.mjs'
import { findPages } from '../../../../tools/docs/site/pages.mjs'

describe('the pages of the site', () => {
  it('are those of docs/, and the large ones of the root', () => {
    const pages = findPages()
    expect(pages.get('docs/guide/metrics.md')).toBe('Guides')
    expect(pages.get('docs/reference/options.md')).toBe('Reference')
    expect(pages.get('docs/runbooks/store-down.md')).toBe('Runbooks')
    expect(pages.get('README.md')).toBe('Project')
    expect([...pages.keys()].filter((path) => /node_modules|\/api\//.test(path))).toEqual([])
  })

  it('have their links led on, but for those in code and with a scheme', () => {
    const text = [
      'See [`a`](a.md#x), `[b](b.md)`, [c](https://c.example/) and `d` [e](e/).',
      '```md',
      '[f](f.md)',
      '```',
      '![g](g.svg) [h](#h)',
    ].join('\n')
    const led = withLinks(text, (words, target, isImage) => `<${words} ${target} ${isImage}>`)
    expect(led).toBe(
      [
        'See <`a` a.md#x false>, `[b](b.md)`, [c](https://c.example/) and `d` <e e/ false>.',
        '```md',
        '[f](f.md)',
        '```',
        '<g g.svg true> [h](#h)',
      ].join('\n'),
    )
  })

  it('lead to pages, folders of pages, files, copies, or nowhere', () => {
    const pages = findPages()
    const placed = (target: string): string[] => {
      const { kind, path } = placeOf('docs/guide/metrics.md', target, pages)
      return [kind, path]
    }
    expect(placed('tracing.md')).toEqual(['page', 'docs/guide/tracing.md'])
    expect(placed('../runbooks')).toEqual(['folder', 'docs/runbooks'])
    expect(placed('../../deploy/')).toEqual(['page', 'deploy/README.md'])
    expect(placed('../images/system.svg')).toEqual(['copied', 'docs/images/system.svg'])
    expect(placed('../../compose.yaml')).toEqual(['shown', 'compose.yaml'])
    expect(placed('../../service/src')).toEqual(['none', 'service/src'])
    expect(placed('nowhere.md')).toEqual(['dead', 'docs/guide/nowhere.md'])
  })

  it('show a flowchart as its arrows', () => {
    const chart = [
      'flowchart LR',
      '  browser([a browser]) -->|cookie| adapter',
      '  adapter[adapter: Express] <--> store[(Redis)]',
      '  store -.->|what changed| browser',
    ].join('\n')
    expect(arrowsOf(chart).split('\n')).toEqual([
      '- **a browser** → **adapter: Express**: cookie',
      '- **adapter: Express** ↔ **Redis**',
      '- **Redis** → **a browser**: what changed',
    ])
  })

  it('are looked over: nothing dead, nothing from elsewhere', () => {
    const site = mkdtempSync(join(tmpdir(), 'sojourn-site-'))
    try {
      mkdirSync(join(site, 'a'))
      const good = '<a href="../b.html#there">b</a> <a href="https://x.example/">x</a>'
      writeFileSync(join(site, 'a', 'a.html'), `${good} <img src="../i.svg"> <a href="#">up</a>`)
      writeFileSync(join(site, 'i.svg'), '')
      writeFileSync(join(site, 'b.html'), '<h1 id="there">b</h1>')
      expect(checkSite(site)).toEqual({ pages: 2, problems: [] })
      const bad = [
        '<a href="gone.html">',
        '<a href="a/a.html#gone">',
        '<a href="/b.html">',
        '<a href="http://x.example/">',
        '<script src="https://x.example/x.js">',
        '<link rel="stylesheet" href="//x.example/x.css">',
      ]
      writeFileSync(join(site, 'b.html'), `<h1 id="there">b</h1>${bad.join('')}`)
      writeFileSync(join(site, 's.css'), '@import "x.css"')
      expect(checkSite(site).problems).toEqual([
        'b.html: gone.html is dead',
        'b.html: a/a.html#gone has a dead anchor',
        'b.html: /b.html begins at the root, which is another one for a file',
        'b.html: http://x.example/ leaves the site, and not by https',
        'b.html: https://x.example/x.js is loaded from elsewhere',
        'b.html: //x.example/x.css is loaded from elsewhere',
        's.css: loads something',
      ])
    } finally {
      rmSync(site, { recursive: true })
    }
  })
})
