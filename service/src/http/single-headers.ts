import type { RequestHandler } from 'express'
import { Problem } from './problem.js'

/** Node takes the first of two, and whoever stands in front may take the last. Those that guards read are theirs to count. */
const SINGLE: ReadonlyMap<string, string> = new Map(
  ['Host', 'Content-Type', 'Content-Length', 'Content-Encoding'].map((name) => [
    name.toLowerCase(),
    name,
  ]),
)

/**
 * Refuses requests that say twice for whom or what they are (RFC 9110 section 5.3, ASVS 15.3.7).
 *
 * @throws Problem 400 `header_duplicate`
 */
export const singleHeaders: RequestHandler = ({ rawHeaders }, _response, next) => {
  const seen = new Set<string>()
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = SINGLE.get(rawHeaders[at]?.toLowerCase() ?? '')
    if (name === undefined) continue
    if (seen.has(name)) {
      const detail = `The ${name} header was sent twice.`
      throw new Problem({ status: 400, code: 'header_duplicate', detail })
    }
    seen.add(name)
  }
  next()
}
