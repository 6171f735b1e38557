/**
 * reference/ owns the pages of `docs/reference` that are made of code. `service/test/unit/docs/reference.test.ts` calls it:
 * it hands over what only running code knows, compares with what is committed, and writes it where asked to
 * (`npm run docs:reference`). Nothing here reads a page that was written by hand.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ROOT } from '../../workspace/places.mjs'
import { errors } from './errors.mjs'
import { endReasons, events } from './events.mjs'
import { metrics } from './metrics.mjs'
import { options } from './options.mjs'
import { redisKeys } from './redis-keys.mjs'
import { routes } from './routes.mjs'
import { variables } from './variables.mjs'

/**
 * @typedef {object} Facts what is not read from sources
 * @property {readonly import('./metrics.mjs').Series[]} librarySeries
 * @property {readonly import('./metrics.mjs').Series[]} serviceSeries
 * @property {readonly import('./redis-keys.mjs').KeyKind[]} keyKinds
 * @property {Readonly<Record<string, Readonly<Record<string, import('./variables.mjs').Variable>>>>} variables
 */

/**
 * Every generated page, by its name.
 *
 * @param {Facts} facts
 * @returns {Readonly<Record<string, string>>}
 */
export function pages(facts) {
  const description = JSON.parse(readFileSync(join(ROOT, 'docs/reference/openapi.json'), 'utf8'))
  const texts = {
    'options.md': options(),
    'errors.md': errors(description),
    'events.md': events(),
    'end-reasons.md': endReasons(),
    'metrics.md': metrics(facts.librarySeries, facts.serviceSeries),
    'routes.md': routes(description),
    'redis-keys.md': redisKeys(facts.keyKinds),
    'variables.md': variables(facts.variables),
  }
  return Object.fromEntries(Object.entries(texts).map(([name, text]) => [name, `${text}\n`]))
}
