/** What the README says is there: its chapters, what it links to. Its code is run by blocks.integration.test.ts. */
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { readPages, ROOT } from './support/pages.js'

const readme = readFileSync(join(ROOT, 'README.md'), 'utf8')

describe('the README', () => {
  it('S0-34: has the chapters that a reader of the source document looks for', () => {
    for (const chapter of [
      'Features',
      'Project structure',
      'Prerequisites',
      'Installation',
      'Configuration',
      'Running',
      'Environment variables',
      'Security considerations',
      'Redis configuration',
      'License',
    ]) {
      expect(readme).toMatch(new RegExp(`^##+ ${chapter}$`, 'm'))
    }
  })

  it('S0-35: the licence is MIT, in the file and in every package', () => {
    expect(readFileSync(join(ROOT, 'LICENSE'), 'utf8')).toMatch(/^MIT License\n/)
    for (const name of ['package.json', 'library/package.json', 'service/package.json']) {
      expect(JSON.parse(readFileSync(join(ROOT, name), 'utf8'))).toMatchObject({ license: 'MIT' })
    }
  })

  it('S1-13: shows a picture of the system', () => {
    expect(readme).toMatch(/```mermaid\nflowchart/)
  })

  it('S0-33: a recipe for automatic snapshots of MemoryDB is documented', () => {
    const guide = readFileSync(join(ROOT, 'docs/guide/redis.md'), 'utf8')
    expect(guide).toMatch(/MemoryDB/)
    expect(guide).toMatch(/--snapshot-retention-limit/)
  })

  it('links only to what is there, here and in the other documents', () => {
    for (const name of readPages()) {
      const text = readFileSync(join(ROOT, name), 'utf8')
      for (const [, link = ''] of text.matchAll(/\]\(((?!https?:|#|mailto:)[^)#\s]+)/g)) {
        expect([name, link, existsSync(join(ROOT, dirname(name), link))]).toEqual([
          name,
          link,
          true,
        ])
      }
    }
  })
})
