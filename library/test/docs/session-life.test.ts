/** The page that lists whoever begins, prolongs and ends sessions is complete. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { Browser } from '../support/browser.js'
import { scene, TOKENS } from '../support/sojourn.js'

const ROOT = fileURLToPath(new URL('../../../', import.meta.url))
const page = readFileSync(join(ROOT, 'docs/reference/session-policies.md'), 'utf8')

describe('who else has a hand in the life of sessions', () => {
  it('ASVS 7.1.3: each verb that begins, prolongs or ends a session is listed with its rule, and what identity providers do besides', async () => {
    const [, chapter = ''] = page.split('## Who else ends sessions, and when (ASVS 7.1.3)')
    const rows = chapter
      .split('\n')
      .filter((line) => line.startsWith('| ') && !/^\| (?:who +\||-)/.test(line))
      .map((line) => line.split('|').map((cell) => cell.trim()))
    for (const [, who, verb, rule] of rows) {
      expect([who, verb !== '', (rule ?? '').length > 20]).toEqual([who, true, true])
    }
    const verbs = rows.map(([, , verb = '']) => verb).join(' ')
    // What the types say can be called, but for what only looks or writes data.
    const { sojourn } = scene({ tokens: TOKENS })
    const session = await new Browser(sojourn).visit((one) => one)
    const members = [
      ...Object.getOwnPropertyNames(Object.getPrototypeOf(session)),
      ...Object.keys(sojourn),
    ]
    const rules =
      /^(?:signIn|signOut|elevate|touch|impersonate|revoke|revokeAll|revokeEverybody|disable|demandProof|reject)$/
    const missing = members.filter(
      (name) => rules.test(name) && !new RegExp(`\\b${name}\\b`).test(verbs),
    )
    expect(missing).toEqual([])
    expect(chapter).toContain('back-channel logout')
    expect(chapter).toMatch(/tokens\.claims/)
  })
})
