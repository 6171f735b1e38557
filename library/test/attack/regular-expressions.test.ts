/** ReDoS: every regular expression of the library and the service is judged by recheck; what it cannot clear is tried. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { check } from 'recheck'
import ts from 'typescript'
import { describe, expect, it } from 'vitest'
import { toSeconds } from '../../src/compat/jwt-redis-sessions/timespan.js'
import { safeText } from '../../src/telemetry/audit/safe-text.js'
import { createDeviceTraits } from '../../src/session/device.js'
import { toSettings } from '../../src/session/settings.js'
import { isMadeOfWords } from '../../../service/src/account/common-password.js'
import { redactText } from '../../../service/src/log/redact.js'
import { SECRET } from '../support/sojourn.js'

const ROOT = fileURLToPath(new URL('../../../', import.meta.url))

/**
 * What recheck calls quadratic, or cannot finish with, and why no client can make use of it. Whatever stands behind a door
 * that clients reach is tried below.
 */
const JUDGED: Readonly<Record<string, string>> = {
  '/\\uFFFD+$/u': 'sees at most 63 bytes; tried below',
  '/=+$/': 'sees 44 characters of base64 that this process made',
  '/\\(?((?:file:\\/\\/)?\\/[^()]*:\\d+:\\d+)\\)?$/': "sees lines of this process's own stack",
  '/^(-?(?:\\d+)?\\.?\\d+) *([a-z]*)$/i': 'sees at most 100 characters; tried below',
  '/^[\\x20-\\x40[-`{-~]+|[\\x20-\\x40[-`{-~]+$/g': 'sees at most 128 characters; tried below',
  '/-----BEGIN CERTIFICATE-----[^]*?-----END CERTIFICATE-----/g': 'sees files of the operator',
}
/** Whole files: their doors cut text to some thousand characters first; tried below. */
const BEHIND_A_CUT: readonly string[] = [
  'service/src/log/redact.ts',
  'library/src/telemetry/audit/safe-text.ts',
]

interface Found {
  readonly text: string
  readonly files: readonly string[]
}

function regularExpressions(): readonly Found[] {
  const found = new Map<string, string[]>()
  for (const folder of ['library/src', 'service/src']) {
    for (const name of readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })) {
      if (!/\.tsx?$/.test(name)) continue
      const file = join(folder, name)
      const source = ts.createSourceFile(
        file,
        readFileSync(join(ROOT, file), 'utf8'),
        ts.ScriptTarget.Latest,
        true,
      )
      const visit = (node: ts.Node): void => {
        if (node.kind === ts.SyntaxKind.RegularExpressionLiteral) {
          const text = node.getText()
          found.set(text, [...(found.get(text) ?? []), file])
        }
        ts.forEachChild(node, visit)
      }
      visit(source)
    }
  }
  return [...found].map(([text, files]) => ({ text, files }))
}

const ENOUGH = 20

/** The best of up to ten, in milliseconds: what the machine does beside it does not count. What is not linear takes seconds. */
function fastest(run: () => unknown): number {
  let best = Infinity
  for (let time = 0; time < 10 && best >= ENOUGH; time += 1) {
    const start = performance.now()
    run()
    best = Math.min(best, performance.now() - start)
  }
  return best
}

const LONG = 100_000

/** How long recheck tries; milliseconds, and numbers of strings. */
const PATIENCE = {
  timeout: 10_000,
  maxIteration: 3,
  maxInitialGenerationSize: 100,
  maxGenerationSize: 20,
  incubationTimeout: 200,
  attackTimeout: 200,
}

describe('regular expressions', () => {
  it('ASVS 1.3.12: all of them are linear by a checker, but for those whose input is short; and 100 kB of what would slow them take under 20 ms', async () => {
    const all = regularExpressions()
    expect(all.length).toBeGreaterThan(150)
    const doubtful: Found[] = []
    for (const { text, files } of all) {
      const isBehindACut = files.every((file) => BEHIND_A_CUT.includes(file))
      if (isBehindACut || Object.hasOwn(JUDGED, text)) continue
      const [, source = '', flags = ''] = /^\/(.*)\/([a-z]*)$/s.exec(text) ?? []
      if ((await check(source, flags, PATIENCE)).status !== 'safe') doubtful.push({ text, files })
    }
    expect(doubtful).toEqual([])
    // None stands on the list for nothing.
    const texts = new Set(all.map(({ text }) => text))
    expect(Object.keys(JUDGED).filter((text) => !texts.has(text))).toEqual([])

    const traits = createDeviceTraits(
      toSettings({ secrets: SECRET, privacy: { describeAgent: (agent) => agent } }),
    )
    const tries: Readonly<Record<string, () => unknown>> = {
      'a user agent': () => traits({ address: '192.0.2.1', userAgent: '\uFFFD'.repeat(LONG) }),
      'a time span': () => toSeconds(`${'1'.repeat(LONG)}!`),
      'a password': () => isMadeOfWords('1'.repeat(LONG), ['name']),
      'an audited text': () => safeText('eyJ'.repeat(LONG / 3), 256),
      'a parameter': () => redactText('?'.repeat(LONG)),
      'a parameter’s name': () => redactText(`?${'sessiontoken'.repeat(LONG / 12)}`),
      'a user’s part': () => redactText(`${'a'.repeat(LONG)}:`),
      'users’ parts': () => redactText('a://b:'.repeat(LONG / 6)),
      'a scheme': () => redactText(`bearer${' '.repeat(LONG)}`),
      'a token in parts': () => redactText('eyJaaaaa.'.repeat(LONG / 9)),
      'a refresh token': () => redactText('rt.aa.aaaaaaaaaaaaaaaa'.repeat(LONG / 22)),
      'a session token': () => redactText(`${'a'.repeat(24)}.${'a'.repeat(LONG)}!`),
    }
    const slow = Object.entries(tries)
      .map(([name, run]) => ({ name, milliseconds: fastest(run) }))
      .filter(({ milliseconds }) => milliseconds >= ENOUGH)
    expect(slow).toEqual([])
  })
})
