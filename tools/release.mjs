#!/usr/bin/env node
/**
 * `npm run release`: checks that a release could be made, packs it, tries it out and prints what would be sent. Nothing is sent
 * without `-- --publish`, and then only where every check holds and the build server has an OIDC identity, so that npm can
 * say where the tarball comes from. A failed check ends it with 1, in both cases.
 */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { publint } from 'publint'
import { LIBRARY, pack } from './package/pack.mjs'
import {
  gatherFacts,
  mayPublish,
  publishCommand,
  releaseChecks,
} from './package/release-checks.mjs'
import { measureSizes, overweight, readBudgets } from './package/size.mjs'
import { faultsOf, freshApplication, tryOut } from './package/trial.mjs'
import { build } from './workspace/build.mjs'
import { failPlainly } from './workspace/fail.mjs'
import { refuseOldNode } from './workspace/node-floor.mjs'

refuseOldNode()
await release().catch(failPlainly)

async function release() {
  const { values } = parseArgs({ options: { publish: { type: 'boolean', default: false } } })
  await build()
  const folder = mkdtempSync(join(tmpdir(), 'sojourn-release-'))
  try {
    const { tarball, files, size } = pack(folder)
    const facts = gatherFacts(await packageFaults(tarball))
    const checks = releaseChecks(facts)
    for (const { name, fault, isForPublishing } of checks) {
      const isLater = isForPublishing === true && !values.publish
      const word = fault === undefined ? 'yes' : isLater ? 'not yet' : 'NO'
      console.log(`${word.padEnd(8)}${name}${fault === undefined ? '' : `: ${fault}`}`)
      if (fault !== undefined && !isLater) process.exitCode = 1
    }
    console.log(`\n${tarball}: ${String(files.length)} files, ${String(size)} bytes packed`)
    send(tarball, mayPublish(checks, values.publish))
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/**
 * @param {string} tarball
 * @param {boolean} isReal
 */
function send(tarball, isReal) {
  const command = publishCommand(tarball)
  console.log(`${isReal ? 'running' : 'not sent; it would be'}: npm ${command.join(' ')}`)
  if (isReal) execFileSync('npm', command, { cwd: LIBRARY, stdio: 'inherit' })
}

/**
 * @param {string} tarball
 * @returns {Promise<string[]>}
 */
async function packageFaults(tarball) {
  const bytes = readFileSync(tarball)
  const packed = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength)
  const { messages } = await publint({ pack: { tarball: packed }, strict: true })
  const application = freshApplication(tarball)
  try {
    return [
      ...messages.map(({ code, path }) => `publint: ${code} at ${path.join('.')}`),
      ...faultsOf(tryOut(application.folder)),
      ...overweight(await measureSizes(), readBudgets()),
    ]
  } finally {
    application.remove()
  }
}
