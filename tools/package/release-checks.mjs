/**
 * What must be so before a release, and what is looked at to know. The first is a table; the rest gathers.
 *
 * @typedef {object} ReleaseFacts
 * @property {string} changedFiles what `git status` says
 * @property {string} version of library/package.json
 * @property {readonly string[]} tags
 * @property {readonly string[]} changesets that no version has taken in
 * @property {readonly TestRun[]} runs
 * @property {number} committedAt instant of the commit
 * @property {readonly string[]} packageFaults
 * @property {boolean} namesRepository provenance is compared with the field `repository`
 * @property {boolean} hasIdentity the build server vouches for us by OpenID Connect
 *
 * @typedef {{ part: string, ranAt: number | undefined, passed: number, failed: number }} TestRun
 * @typedef {{ name: string, fault: string | undefined, isForPublishing?: true }} Check
 */
import { execFileSync } from 'node:child_process'
import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { countTests } from '../suite/counts.mjs'
import { reportPath } from '../suite/steps.mjs'
import { ROOT } from '../workspace/places.mjs'
import { manifest } from './pack.mjs'

const SEMVER = /^\d+\.\d+\.\d+(-[0-9a-z.-]+)?$/

/**
 * @param {ReleaseFacts} facts
 * @returns {Check[]} those for publishing count only where something is really sent
 */
export function releaseChecks(facts) {
  const { changedFiles, version, tags, changesets, packageFaults } = facts
  return [
    check('the tree is clean', changedFiles === '', `not committed:\n${changedFiles}`),
    check('the version is one', SEMVER.test(version), `"${version}" is none`),
    check('the version is new', !tags.includes(`v${version}`), `there is a tag v${version}`),
    check(
      'the changes are in the version',
      changesets.length === 0,
      `waiting: ${changesets.join(', ')}; run npx changeset version`,
    ),
    { name: 'all tests passed on this commit', fault: testFault(facts) },
    check('the package is sound', packageFaults.length === 0, packageFaults.join('\n')),
    {
      ...check('the repository is named', facts.namesRepository, 'package.json has no repository'),
      isForPublishing: true,
    },
    {
      ...check('a build server vouches', facts.hasIdentity, 'there is no OIDC token here'),
      isForPublishing: true,
    },
  ]
}

/**
 * Whether something is sent: only where it is asked for, and nothing is wrong.
 *
 * @param {readonly Check[]} checks
 * @param {boolean} isAskedFor
 * @returns {boolean}
 */
export function mayPublish(checks, isAskedFor) {
  return isAskedFor && checks.every(({ fault }) => fault === undefined)
}

/**
 * The words for npm. Provenance says publicly from which commit, and by which build, the tarball was made.
 *
 * @param {string} tarball
 * @returns {string[]}
 */
export function publishCommand(tarball) {
  return ['publish', tarball, '--provenance', '--access', 'public', '--ignore-scripts']
}

/**
 * @param {string} name
 * @param {boolean} isSo
 * @param {string} fault
 * @returns {Check}
 */
function check(name, isSo, fault) {
  return { name, fault: isSo ? undefined : fault }
}

/**
 * @param {ReleaseFacts} facts
 * @returns {string | undefined}
 */
function testFault({ runs, committedAt }) {
  const faults = runs.flatMap(({ part, ranAt, passed, failed }) => {
    if (ranAt === undefined || passed === 0) return [`${part} has not run`]
    if (ranAt < committedAt) return [`${part} ran before the commit`]
    return failed > 0 ? [`${part}: ${String(failed)} failed`] : []
  })
  return faults.length === 0 ? undefined : `${faults.join(', ')}; run npm test`
}

/**
 * @param {readonly string[]} packageFaults
 * @param {Readonly<Record<string, string | undefined>>} env
 * @returns {ReleaseFacts}
 */
export function gatherFacts(packageFaults, env = process.env) {
  const { version, ...rest } = manifest()
  return {
    version,
    packageFaults,
    changedFiles: git('status', '--porcelain'),
    tags: git('tag', '--list').split('\n'),
    committedAt: Number(git('log', '-1', '--format=%ct')) * 1_000,
    changesets: readdirSync(join(ROOT, '.changeset')).filter(
      (name) => name.endsWith('.md') && name !== 'README.md',
    ),
    runs: ['unit', 'integration', 'browser'].map((part) => runOf(/** @type {'unit'} */ (part))),
    namesRepository: 'repository' in rest,
    // The two build servers whose word npm takes.
    hasIdentity: [env['ACTIONS_ID_TOKEN_REQUEST_TOKEN'], env['SIGSTORE_ID_TOKEN']].some(Boolean),
  }
}

/**
 * @param {import('../suite/steps.mjs').Part} part
 * @returns {TestRun}
 */
function runOf(part) {
  const path = reportPath(part)
  const ranAt = statSync(path, { throwIfNoEntry: false })?.mtimeMs
  const { passed, failed } = countTests(path)
  return { part, ranAt, passed, failed }
}

/**
 * @param {...string} args
 * @returns {string}
 */
function git(...args) {
  return execFileSync('git', args, { cwd: ROOT, encoding: 'utf8' }).trim()
}
