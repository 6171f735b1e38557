/** What never reaches Redis, by the sources: commands that block, patterns that somebody else wrote, scripts made of input. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'

const SOURCE = fileURLToPath(new URL('../../src', import.meta.url))

/** All files that talk to Redis, without their comments. */
const files = readdirSync(SOURCE, { recursive: true, encoding: 'utf8' })
  .filter((path) => /^(?:store\/redis|compat)\/.*\.ts$/.test(path))
  .map((path) => {
    const text = readFileSync(join(SOURCE, path), 'utf8')
    return { path, code: text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/^\s*\/\/.*$/gm, '') }
  })

function hits(pattern: RegExp): readonly string[] {
  return files.flatMap(({ path, code }) =>
    [...code.matchAll(pattern)].map(([match]) => `${path}: ${match}`),
  )
}

describe('commands', () => {
  it('the sources are the ones that are meant', () => {
    expect(files.length).toBeGreaterThan(60)
    expect(hits(/'(?:EVALSHA|evalsha|evalSha)'/gi).length).toBeGreaterThan(0)
  })

  it('CVE-2026-23479: nothing on any path blocks: no client waits in the server', () => {
    const blocking =
      /['"`.](?:BLPOP|BRPOP|BRPOPLPUSH|BLMOVE|BLMPOP|BZPOPMIN|BZPOPMAX|BZMPOP|WAITAOF|XREADGROUP|XREAD)\b['"`(]/gi
    expect(hits(blocking)).toEqual([])
    expect(hits(/['"`]BLOCK['"`]/g)).toEqual([])
    // Only who asks for replicas waits for them, and never without an end.
    expect(hits(/['"`]WAIT['"`]|\.wait\(/g)).toEqual([
      'store/redis/durability.ts: .wait(',
      "store/redis/durability.ts: 'WAIT'",
    ])
  })

  it('CVE-2022-36021: no KEYS, and what MATCH is given is a prefix of ours, checked, and a star', () => {
    expect(
      hits(/['"`]keys['"`]\s*[,\]]|call\(\s*['"]KEYS['"]|\.keys\(\s*(?:pattern|prefix)/gi),
    ).toEqual([])
    expect(hits(/['"`]PSUBSCRIBE['"`]|\.pSubscribe\(/gi)).toEqual([])
    const matching = files.filter(({ code }) => /\bMATCH\b/.test(code)).map(({ path }) => path)
    for (const path of matching) {
      const { code = '' } = files.find((file) => file.path === path) ?? {}
      const given = [...code.matchAll(/\bMATCH['"`]?\s*[:,]\s*([^,})\]\n]+)/g)].map(([, what]) =>
        what?.trim(),
      )
      for (const what of given)
        expect([path, what]).toEqual([
          path,
          expect.stringMatching(/^(?:pattern|match|keys\.allSessions|escape\w*\(.*)/i),
        ])
    }
    // Prefixes hold nothing that a pattern could mean.
    const { code = '' } = files.find(({ path }) => path === 'store/redis/keys.ts') ?? {}
    expect(code).toContain('/^[A-Za-z0-9._:-]{0,64}$/')
    expect(code).toContain('allSessions: `${prefix}s{*}*`')
  })

  it('CVE-2025-49844: scripts are fixed when the module loads; no input ever becomes part of one', () => {
    const scripts = files.filter(({ path }) => path.startsWith('store/redis/scripts/'))
    expect(scripts.length).toBeGreaterThan(10)
    for (const { path, code } of scripts) {
      // A script is a constant of its module; a function that made one at run time could take input.
      const made = [...code.matchAll(/^([ \t]*).*\b(?:reading|writing|script)\(\s*`/gm)]
      for (const [line, indent] of made) expect([path, line, indent]).toEqual([path, line, ''])
    }
    expect(hits(/['"`]FUNCTION['"`]|\bfunctionLoad\b|\bSCRIPT\s+LOAD\b/g)).toEqual([])
  })
})
