import { describe, expect, it } from 'vitest'
import {
  mayPublish,
  publishCommand,
  releaseChecks,
  type ReleaseFacts,
} from '../../../tools/package/release-checks.mjs'

const RUN = { part: 'unit', ranAt: 2_000, passed: 10, failed: 0 }
const READY: ReleaseFacts = {
  changedFiles: '',
  version: '1.2.3',
  tags: ['v1.2.2'],
  changesets: [],
  runs: [RUN],
  committedAt: 1_000,
  packageFaults: [],
  namesRepository: true,
  hasIdentity: true,
}

const failing = (over: Partial<ReleaseFacts>): string[] =>
  releaseChecks({ ...READY, ...over })
    .filter(({ fault }) => fault !== undefined)
    .map(({ name }) => name)

describe('a release', () => {
  it('is sent where all is well, and it is asked for', () => {
    expect(mayPublish(releaseChecks(READY), true)).toBe(true)
    expect(mayPublish(releaseChecks(READY), false)).toBe(false)
  })

  it.each<[string, Partial<ReleaseFacts>]>([
    ['the tree is clean', { changedFiles: ' M a.ts' }],
    ['the version is one', { version: '1.2' }],
    ['the version is new', { tags: ['v1.2.3'] }],
    ['the changes are in the version', { changesets: ['one.md'] }],
    ['all tests passed on this commit', { runs: [{ ...RUN, failed: 1 }] }],
    ['all tests passed on this commit', { runs: [{ ...RUN, ranAt: 999 }] }],
    ['all tests passed on this commit', { runs: [RUN, { ...RUN, ranAt: undefined }] }],
    ['all tests passed on this commit', { runs: [{ ...RUN, passed: 0 }] }],
    ['the package is sound', { packageFaults: ['publint: something'] }],
    ['the repository is named', { namesRepository: false }],
    ['a build server vouches', { hasIdentity: false }],
  ])('is never sent unless %s: %o', (name, over) => {
    expect(failing(over)).toEqual([name])
    expect(mayPublish(releaseChecks({ ...READY, ...over }), true)).toBe(false)
  })

  it('says publicly where it comes from', () => {
    expect(publishCommand('a.tgz')).toEqual(
      expect.arrayContaining(['publish', 'a.tgz', '--provenance', 'public']),
    )
  })
})
