#!/usr/bin/env node
/**
 * `npm run api:report`: writes what each subpath exports into library/api/, for people who review a change. A test fails while
 * the reports differ from what is built.
 */
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { build } from '../workspace/build.mjs'
import { REPORTS, surfaces } from './surface.mjs'

await build()
mkdirSync(REPORTS, { recursive: true })
const written = surfaces().map(({ name, report }) => {
  writeFileSync(join(REPORTS, `${name}.api.md`), report)
  return `${name}.api.md`
})
for (const name of readdirSync(REPORTS)) {
  if (!written.includes(name)) rmSync(join(REPORTS, name))
}
console.log(`library/api: ${String(written.length)} reports`)
