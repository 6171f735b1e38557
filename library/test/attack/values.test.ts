/** What applications keep in sessions, and what comes back of it. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { Browser } from '../support/browser.js'
import { scene } from '../support/sojourn.js'

const ROOT = fileURLToPath(new URL('../../../', import.meta.url))

/** What other formats would make objects, dates, functions or buffers of. */
const REVIVABLE: Readonly<Record<string, unknown>> = {
  date: { $date: '2026-01-01T00:00:00.000Z' },
  isoDate: '2026-01-01T00:00:00.000Z',
  buffer: { type: 'Buffer', data: [1, 2, 3] },
  function: { _$$ND_FUNC$$_: 'function(){ globalThis.isOwned = true }()' },
  functionText: "_$$ND_FUNC$$_function(){ require('child_process') }()",
  superjson: { json: { at: '2026' }, meta: { values: { at: ['Date'] } } },
  devalue: [['Date', '2026'], { 0: 1 }],
  toJson: { toJSON: 'not a function' },
  constructorName: { constructor: { name: 'Account' }, __class__: 'Account', '@type': 'Account' },
  yaml: '!!js/function "function () {}"',
  bigint: { __bigint__: '1' },
}

describe('values', () => {
  it('ASVS 1.5.2: come back as the plain JSON they were: nothing is made a date, a buffer, a function or an instance of anything', async () => {
    const { sojourn } = scene()
    const browser = new Browser(sojourn)
    await browser.visit(async (session) => {
      await session.signIn('alice')
      for (const [key, value] of Object.entries(REVIVABLE)) session.set(key, value)
    })
    const all = await browser.visit((session) => session.all())
    expect(JSON.stringify(Object.entries(all).sort())).toBe(
      JSON.stringify(Object.entries(REVIVABLE).sort()),
    )
    const plain = new Set<unknown>([Object.prototype, Array.prototype, null])
    const foreign: unknown[] = []
    const visit = (value: unknown): void => {
      if (typeof value === 'function') foreign.push(value)
      if (typeof value !== 'object' || value === null) return
      if (!plain.has(Object.getPrototypeOf(value))) foreign.push(value)
      Object.values(value).forEach(visit)
    }
    visit(all)
    expect(foreign).toEqual([])
    expect(globalThis).not.toHaveProperty('isOwned')
    // No reader with a reviver, and nothing that evaluates text, in what we ship.
    const sources = ['library/src', 'service/src'].flatMap((folder) =>
      readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
        .filter((name) => /\.tsx?$/.test(name))
        .map((name) => join(ROOT, folder, name)),
    )
    const using = (pattern: RegExp): readonly string[] =>
      sources
        .filter((file) => pattern.test(readFileSync(file, 'utf8')))
        .map((file) => file.slice(ROOT.length))
    const suspects =
      /JSON\.parse\([^()]*(?:\([^()]*\)[^()]*)*,|\bnew Function\(|\bv8\.deserialize|node:vm/
    expect(using(suspects)).toEqual([])
    // EVAL of Redis, with scripts that stand in the source.
    expect(using(/\beval\(/)).toEqual([
      'library/src/compat/connect-redis/commands.ts',
      'library/src/compat/jwt-redis-sessions/connection.ts',
      'library/src/store/redis/client.ts',
      'library/src/store/redis/durability.ts',
      'library/src/store/redis/runner.ts',
      // It passes on what the store gives it.
      'service/src/redis/follower.ts',
    ])
  })

  it('ASVS 1.5.3: of each format there is one reader: tokens, bodies and forms are parsed once, by the strict one', () => {
    const files = (folder: string): readonly string[] =>
      readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
        .filter((name) => /\.tsx?$/.test(name))
        .map((name) => join(folder, name))
    const using = (folders: readonly string[], pattern: RegExp): readonly string[] =>
      folders.flatMap(files).filter((file) => pattern.test(readFileSync(join(ROOT, file), 'utf8')))
    // Whatever reads what a client sent, without the drop-ins, which have to read what their originals wrote.
    const atTheDoor = [
      'library/src/request',
      'library/src/credential',
      'library/src/guard',
      'library/src/adapter',
      'library/src/response',
      'service/src/http',
      'service/src/route',
    ]
    expect(using(atTheDoor, /JSON\.parse\(/)).toEqual([
      'library/src/credential/jwt/strict-json.ts',
      // A body of the application's own, whose handler reads it with `request.json()`: the same reader.
      'library/src/adapter/web/read-body.ts',
      'service/src/http/strict-json.ts',
    ])
    expect(using(atTheDoor, /new URLSearchParams\(|querystring|\bqs\b/).length).toBeLessThan(4)
    // Cookies are found in the header by one reader, and no framework's parser is asked.
    expect(using(atTheDoor, /cookie-parser|\.cookies\[/)).toEqual([])
    expect(using(['library/src'], /export function readCookies\(/)).toEqual([
      'library/src/request/cookies.ts',
    ])
    // An access token is taken apart in one place.
    expect(using(['library/src/credential/jwt', 'library/src/session'], /\.split\('\.'\)/)).toEqual(
      [],
    )
  })
})
