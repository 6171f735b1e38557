#!/usr/bin/env node
/**
 * `npm run matrix [-- 20.19 22 24 26]`: the packed package, installed in a fresh application, tried out on each release of
 * Node. The releases come from npm and stay in the cache (tools/with-node.mjs); they are about 40 MB each, which is
 * why `npm test` tries the one it runs on alone.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { build } from '../workspace/build.mjs'
import { ROOT } from '../workspace/places.mjs'
import { pack } from './pack.mjs'
import { faultsOf, freshApplication, tryOut } from './trial.mjs'

const RELEASES = ['20.19', '22', '24', '26']

await build()
const asked = process.argv.slice(2)
const folder = mkdtempSync(join(tmpdir(), 'sojourn-matrix-'))
const application = freshApplication(pack(folder).tarball)
try {
  for (const release of asked.length > 0 ? asked : RELEASES) tell(release)
} finally {
  application.remove()
  rmSync(folder, { recursive: true, force: true })
}

/** @param {string} release */
function tell(release) {
  const withNode = [process.execPath, join(ROOT, 'tools/with-node.mjs'), release, '--', 'node']
  const trial = tryOut(application.folder, withNode)
  const faults = faultsOf(trial)
  const counted = `${String(Object.keys(trial.compared).length)} subpaths`
  const stores = trial.stays.map(({ store }) => store).join(' and ')
  console.log(
    `Node ${trial.node}: ${faults.length === 0 ? 'well' : 'FAULTY'}, ${counted}, sessions in ${stores}`,
  )
  for (const fault of faults) console.log(`  ${fault}`)
  if (faults.length > 0) process.exitCode = 1
}
