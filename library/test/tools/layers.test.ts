import { describe, expect, it } from 'vitest'
import { checkLayers } from '../../../tools/layers/check.mjs'
import { plantTree } from './tree.js'

/** A small tree in which each import is allowed. */
const CLEAN = {
  'library/src/errors.ts': 'export class Fault extends Error {}\n',
  'library/src/system/digest.ts': "import { hash } from 'node:crypto'\nexport const sha = hash\n",
  'library/src/options.ts': "export const DEFAULTS = {}\nexport type Options = 'a'\n",
  'library/src/request/incoming.ts': "import { Fault } from '../errors.js'\nexport { Fault }\n",
  'library/src/credential/token.ts':
    "import { sha } from '../system/digest.js'\nimport * as jose from 'jose'\nexport { sha, jose }\n",
  'library/src/store/end-reason.ts': "export const END_REASONS = ['idle']\n",
  'library/src/store/store.ts':
    "import type { Fault } from '../errors.js'\nexport type F = Fault\n",
  'library/src/session/events.ts': "export type Events = 'ended'\n",
  'library/src/session/settings.ts':
    "import { DEFAULTS } from '../options.js'\nexport { DEFAULTS }\n",
  'library/src/session/resolve.ts':
    "import { type Options } from '../options.js'\nimport '../store/store.js'\nexport type O = Options\n",
  'library/src/telemetry/metrics.ts':
    "import type { Events } from '../session/events.js'\nimport { END_REASONS } from '../store/end-reason.js'\nexport type E = Events\nexport { END_REASONS }\n",
  'library/src/sojourn.ts': "import './session/resolve.js'\nimport './telemetry/metrics.js'\n",
  'library/src/adapter/express.ts': "import '../sojourn.js'\nimport 'node:http'\n",
  'library/src/testing/index.ts': "import '../sojourn.js'\nimport 'fast-check'\n",
  'library/src/index.ts':
    "export { Fault } from './errors.js'\nexport type * from './options.js'\n",
  'service/src/route/login.ts': "import '../page/login.js'\nimport '../account/accounts.js'\n",
  'service/src/page/login.tsx': "import 'preact'\n",
  'service/src/account/accounts.ts': "import 'kysely'\nimport 'sojourn'\n",
}

/** One file of the clean tree replaced, the import that must be found, and the rule it breaks. */
const BROKEN: readonly [what: string, file: string, text: string, rule: RegExp][] = [
  [
    'a store that imports the session',
    'library/src/store/a.ts',
    "import '../session/resolve.js'",
    /store must not import session/,
  ],
  [
    'a credential that knows a store',
    'library/src/credential/a.ts',
    "import '../store/store.js'",
    /credential must not import store/,
  ],
  [
    'a re-export against the table',
    'library/src/system/a.ts',
    "export * from '../errors.js'\nexport * from '../request/incoming.js'",
    /system must not import request/,
  ],
  [
    'an import() against the table',
    'library/src/request/a.ts',
    "export const a = () => import('../sojourn.js')",
    /request must not import sojourn/,
  ],
  [
    'an import() of types against the table',
    'library/src/request/a.ts',
    "export type A = import('../sojourn.js').A",
    /request must not import sojourn/,
  ],
  [
    'a session that imports an adapter',
    'library/src/session/a.ts',
    "import type { A } from '../adapter/express.js'",
    /session must not import adapter/,
  ],
  [
    'a session that reads option values',
    'library/src/session/a.ts',
    "import { DEFAULTS } from '../options.js'",
    /only types of options\.ts/,
  ],
  [
    'one value among the types of options',
    'library/src/guard/a.ts',
    "import { type Options, DEFAULTS } from '../options.js'",
    /only types of options\.ts/,
  ],
  [
    'telemetry that calls the session',
    'library/src/telemetry/a.ts',
    "import { resolve } from '../session/resolve.js'",
    /only types of session/,
  ],
  [
    'a core that knows telemetry',
    'library/src/session/a.ts',
    "import '../telemetry/metrics.js'",
    /session must not import telemetry/,
  ],
  [
    'testing that imports an adapter',
    'library/src/testing/a.ts',
    "import '../adapter/express.js'",
    /testing must not import adapter/,
  ],
  [
    'a folder nobody gave a place',
    'library/src/clever/a.ts',
    "import '../errors.js'",
    /clever is in no layer/,
  ],
  [
    'a way out of library/src',
    'library/src/session/a.ts',
    "import '../../test/support.js'",
    /nothing outside library\/src/,
  ],
  [
    'a Redis client in the core',
    'library/src/store/redis/a.ts',
    "import { createClient } from 'redis'",
    /loads no package/,
  ],
  [
    'the types of a Redis client',
    'library/src/store/redis/a.ts',
    "import type { RedisClientType } from 'redis'",
    /loads no package/,
  ],
  [
    'a framework in an adapter',
    'library/src/adapter/a.ts',
    "import type { Request } from 'express'",
    /loads no package/,
  ],
  [
    'a test runner in testing',
    'library/src/testing/a.ts',
    "import { it } from 'vitest'",
    /no test runner/,
  ],
  ['Node in the browser', 'library/src/browser/a.ts', "import 'node:crypto'", /where Node is not/],
  [
    'server code in the browser',
    'library/src/browser/a.ts',
    "import '../errors.js'",
    /browser must not import errors/,
  ],
  [
    'a front door that does things',
    'library/src/index.ts',
    'export const a = 1',
    /only re-exports/,
  ],
  [
    'a page that reaches a store',
    'service/src/page/a.tsx',
    "import 'sojourn/redis'",
    /reaches no store/,
  ],
  [
    'an account that knows a route',
    'service/src/account/a.ts',
    "import '../route/login.js'",
    /no routes and no pages/,
  ],
  [
    'a service that reaches into the library',
    'service/src/route/a.ts',
    "import '../../../library/src/errors.js'",
    /by its name/,
  ],
]

describe('the layer check', () => {
  it('finds nothing in a tree that keeps to the table', () => {
    const { files, violations } = checkLayers(plantTree(CLEAN))
    expect(violations).toEqual([])
    expect(files).toBe(Object.keys(CLEAN).length)
  })

  it.each(BROKEN)('finds %s', (_what, file, text, rule) => {
    const { violations } = checkLayers(plantTree({ ...CLEAN, [file]: `${text}\n` }))
    expect(violations).toHaveLength(1)
    expect(violations[0]).toMatchObject({ file, rule: expect.stringMatching(rule) })
  })

  it('names the line of the import', () => {
    const text = "\n// a comment\nimport {\n  a,\n} from '../session/resolve.js'\n"
    const { violations } = checkLayers(plantTree({ 'library/src/store/a.ts': text }))
    expect(violations).toMatchObject([{ line: 3, target: '../session/resolve.js' }])
  })
})
