#!/usr/bin/env node
/**
 * `npm run docs:reference`: writes the pages of `docs/reference` that are made of code. The tests that compare them with the
 * code know how to make them, so those are what is run. A new or changed route is in `openapi.json` first: docs/guide/api.md.
 */
import { failPlainly } from '../workspace/fail.mjs'
import { runNode } from '../workspace/command.mjs'

const TESTS = [
  'service/test/unit/docs/reference.test.ts',
  'library/test/telemetry/audit/catalogue.test.ts',
]

runNode('node_modules/vitest/vitest.mjs', ['run', '--project', 'unit', ...TESTS, '--update'])
  .then((code) => {
    process.exitCode = code
  })
  .catch(failPlainly)
