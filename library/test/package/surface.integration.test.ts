/** What the package exports, against the reports in library/api/ that are committed for people who review a change. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { REPORTS, surfaces, undocumentedIn } from '../../../tools/package/surface.mjs'

const found = surfaces()

describe('the public surface', () => {
  it('is the one in library/api; if the change is meant: npm run api:report', () => {
    expect(readdirSync(REPORTS).toSorted()).toEqual(
      found.map(({ name }) => `${name}.api.md`).toSorted(),
    )
    for (const { name, report } of found) {
      expect(report).toBe(readFileSync(join(REPORTS, `${name}.api.md`), 'utf8'))
    }
  })

  it('has a docstring on every export, and on every option', () => {
    const undocumented = found.flatMap(({ name, report }) =>
      undocumentedIn(report).map((one) => `${name}: ${one}`),
    )
    expect(undocumented).toEqual([])
  })

  it('would be told of an export or an option without one', () => {
    const report = [
      '// @public (undocumented)',
      'export function one(): void;',
      '// @public',
      'export interface SomeOptions {',
      '    readonly told?: string;',
      '    // (undocumented)',
      '    readonly untold?: string;',
      '}',
      '// @public',
      'export interface Plain {',
      '    // (undocumented)',
      '    readonly name: string;',
      '}',
      '// @public (undocumented)',
      'const two: string;',
    ].join('\n')
    expect(undocumentedIn(report)).toEqual(['one', 'SomeOptions.untold', 'two'])
  })
})
