import { AUDIT_CATALOGUE, SERIES } from 'sojourn/telemetry'
import { describe, expect, it } from 'vitest'
import { END_REASONS } from '../../../../library/src/store/end-reason.js'
import { KEY_KINDS } from '../../../../library/src/store/redis/key-kinds.js'
import { pages } from '../../../../tools/docs/reference/index.mjs'
import { PROBLEMS } from '../../../src/api/problems.js'
import { GROUPS, VARIABLES } from '../../../src/config/variables.js'
import { SERVICE_SERIES } from '../../../src/metrics/catalogue/index.js'

const made = pages({
  librarySeries: SERIES,
  serviceSeries: SERVICE_SERIES,
  keyKinds: KEY_KINDS,
  variables: GROUPS,
})

describe('the reference', () => {
  it.each(Object.entries(made))('%s is committed as it is made of the code', async (name, text) => {
    // `npm run docs:reference` writes them.
    await expect(text).toMatchFileSnapshot(`../../../../docs/reference/${name}`)
  })

  it('leaves nothing without a meaning', () => {
    const empty = Object.entries(made).flatMap(([name, text]) =>
      text.split('\n').flatMap((line) => (/\|\s+\|$/.test(line) ? [`${name}: ${line}`] : [])),
    )
    expect(empty).toEqual([])
  })

  it('has every series, variable, event, code and end reason', () => {
    const listed = (page: string, words: readonly string[]): void => {
      for (const word of words) {
        const rows = made[page]?.match(new RegExp(`^(?:\\| |## )\`${word}\``, 'gm')) ?? []
        expect([word, rows.length > 0]).toEqual([word, true])
      }
    }
    listed('variables.md', Object.keys(VARIABLES))
    listed('end-reasons.md', END_REASONS)
    listed('events.md', Object.keys(AUDIT_CATALOGUE))
    listed('errors.md', Object.keys(PROBLEMS))
    const { 'metrics.md': metrics = '' } = made
    for (const { name } of [...SERIES, ...SERVICE_SERIES])
      expect(metrics).toContain(`| \`${name}\``)
  })
})
