import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { AUDITED_EVENTS } from 'sojourn/telemetry'
import { describe, expect, it } from 'vitest'
import { eventWords } from '../../../src/page/console/event-words.js'

const ROUTES = fileURLToPath(new URL('../../../src/route/admin/', import.meta.url))

/** The acts that the routes of the console tell, by the texts in their sources. */
function actsTold(): string[] {
  const sources = readdirSync(ROUTES).map((name) => readFileSync(join(ROUTES, name), 'utf8'))
  const calls = /told(?:OfSession)?\(parts, request, '([a-z]+\.[a-z_]+)'/g
  const named = sources.flatMap((text) => [...text.matchAll(calls)].map(([, act = '']) => act))
  return [...new Set([...named, 'user.made_admin', 'user.made_user'])]
}

describe('the words of events', () => {
  it('are there for every event of the trail', () => {
    expect(AUDITED_EVENTS.length).toBeGreaterThan(15)
    for (const event of [...AUDITED_EVENTS, 'audit.dropped']) {
      expect(eventWords(event), event).not.toBe(event)
    }
    expect(eventWords('of.tomorrow')).toBe('of.tomorrow')
  })

  it('are there for every act of an administrator, each its own', () => {
    const acts = actsTold()
    expect(acts.length).toBeGreaterThan(15)
    const words = acts.map((act) => eventWords('admin.acted', act))
    expect(new Set(words).size).toBe(acts.length)
    expect(words).not.toContain(eventWords('admin.acted'))
  })
})
