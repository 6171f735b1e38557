import type { Words } from '../client/words.js'
import { texts } from './texts.js'
import { NO_RETURN } from './words.js'

/** Where a value belongs: scripts put it there. */
const PLACE = '{}'
const { expiry, ends, signedOut, ways, away, unreachable } = texts

/** What scripts say, of the same texts as the pages. */
export const scriptWords: Words = {
  time: { language: texts.language, ...texts.time },
  expiry: { ...expiry, body: expiry.body(PLACE), lastBody: expiry.lastBody(PLACE) },
  ends,
  noReturn: NO_RETURN,
  signIn: signedOut.signIn,
  home: ways.home,
  away,
  unreachable,
}
