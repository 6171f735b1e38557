#!/usr/bin/env node
/**
 * Imports go one way (layers/table.mjs). Prints each import against the table as `file:line` with the
 * rule it breaks; exit code 1 where there is one. `node tools/layers.mjs [root]`
 */
import { checkLayers } from './layers/check.mjs'
import { ROOT } from './workspace/places.mjs'

const { files, violations } = checkLayers(process.argv[2] ?? ROOT)
for (const { file, line, target, rule } of violations) {
  console.error(`${file}:${String(line)}: import of '${target}': ${rule}`)
}
const count = violations.length === 1 ? '1 import' : `${String(violations.length)} imports`
console.log(
  `layers: ${String(files)} files, ${violations.length === 0 ? 'no import' : count} against the table`,
)
if (violations.length > 0) process.exitCode = 1
