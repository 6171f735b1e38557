#!/usr/bin/env node
/**
 * `npm test`: everything that must hold before a change is finished, on a machine that has only Node,
 * npm and apt. `npm test -- --only unit|integration|browser|lint` runs one part.
 * The last line is always `N passed, N failed`; the exit code is 0 only where nothing failed.
 */
import { failPlainly } from './workspace/fail.mjs'
import { refuseOldNode } from './workspace/node-floor.mjs'

refuseOldNode()
import('./suite/suite.mjs')
  .then(({ runSuite }) => runSuite(process.argv.slice(2)))
  .catch(failPlainly)
