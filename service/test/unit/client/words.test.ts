import { gzipSync } from 'node:zlib'
import { expect, it } from 'vitest'
import { END_REASONS } from '../../../../library/src/store/end-reason.js'
import { say } from '../../../src/client/words.js'
import { guestScript, memberScript, wordsAsset } from '../../../src/page/assets.js'
import { scriptWords } from '../../../src/page/script-words.js'

it('scripts have words for every reason that a session ends for, and a place for every value', () => {
  expect(Object.keys(scriptWords.ends)).toEqual(expect.arrayContaining([...END_REASONS, 'unknown']))
  for (const phrase of [scriptWords.expiry.body, scriptWords.expiry.lastBody]) {
    expect(phrase.split('{}')).toHaveLength(2)
  }
  expect(JSON.parse(wordsAsset.text)).toEqual(scriptWords)
})

it('what stands in the place of a value is that value, whatever it looks like', () => {
  for (const name of ['$&', "$'", '{}', '<b>', '']) {
    expect(say('Ended: {}.', name)).toBe(`Ended: ${name}.`)
  }
})

it('scripts are small: 12 KB for members, half a KB for everybody', () => {
  expect(gzipSync(memberScript.text).length).toBeLessThan(12 * 1024)
  expect(gzipSync(guestScript.text).length).toBeLessThan(512)
})
