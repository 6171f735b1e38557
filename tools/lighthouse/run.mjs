#!/usr/bin/env node
/**
 * `npm run lighthouse`: Lighthouse's scores of the main pages, as the built service serves them on its embedded default, to a
 * desktop and to a phone. Prints a table and fails where a score is under {@link LEAST}; `-- --write` also writes it down in
 * docs/evidence/lighthouse.md. On demand, like mutation testing: its packages are in a lock file of their own.
 */
import { build } from '../workspace/build.mjs'
import { columns } from '../workspace/columns.mjs'
import { failPlainly } from '../workspace/fail.mjs'
import { refuseOldNode } from '../workspace/node-floor.mjs'
import { StepFailed, say } from '../workspace/progress.mjs'
import { startPlace } from './place.mjs'
import { rate } from './rate.mjs'
import { writeDown } from './write-down.mjs'

/** Of 100. */
const LEAST = 95

/** The main pages, and who looks at them. `needed`: a page that is not there yet is left out, and that is said. */
const PAGES = /** @type {const} */ ([
  { name: 'home', path: '/', by: 'guest' },
  { name: 'sign-in', path: '/login', by: 'guest' },
  { name: 'register', path: '/register', by: 'guest' },
  { name: 'signed-out', path: '/signed-out?reason=expired_idle', by: 'guest' },
  { name: 'dashboard', path: '/dashboard', by: 'person' },
  { name: 'devices', path: '/sessions', by: 'person' },
  { name: 'security', path: '/security', by: 'person' },
  { name: 'console', path: '/admin', by: 'administrator' },
])

async function main() {
  refuseOldNode()
  await build()
  const place = await startPlace()
  try {
    const results = await rate({ place, pages: PAGES, say })
    const rows = results.flatMap(({ scores }) => scores)
    console.log(
      columns([
        ['page', 'window', 'performance', 'accessibility', 'best practices'],
        ...rows.map(toCells),
      ]),
    )
    const found = results.flatMap(({ findings }) => findings)
    if (found.length > 0) console.log(`\nnot perfect:\n${[...new Set(found)].join('\n')}`)
    if (process.argv.includes('--write')) await writeDown(results)
    const low = rows.filter(({ values }) => values.some((value) => value < LEAST))
    if (low.length > 0) {
      throw new StepFailed(
        `under ${String(LEAST)}: ${low.map(({ page, window }) => `${page} (${window})`).join(', ')}`,
      )
    }
  } finally {
    await place.stop()
  }
}

/** @param {import('./rate.mjs').Scores} scores */
function toCells({ page, window, values }) {
  return [page, window, ...values.map(String)]
}

main().catch(failPlainly)
