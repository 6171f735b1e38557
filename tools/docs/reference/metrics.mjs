import { code, codes, head, table } from './table.mjs'

/**
 * @typedef {object} Series
 * @property {string} name
 * @property {string} kind
 * @property {string} help
 * @property {Readonly<Record<string, readonly string[] | string>>} labels
 * @property {readonly number[]} [buckets]
 * @property {number} [limit]
 * @property {string} [when]
 */

/**
 * The page of all series.
 *
 * @param {readonly Series[]} library
 * @param {readonly Series[]} service
 */
export function metrics(library, service) {
  return [
    head(
      'Metrics',
      '`library/src/telemetry/catalogue` and `service/src/metrics/catalogue`',
      'How to show them: [metrics](../guide/metrics.md); what they look like: [dashboards](../guide/dashboards.md). No label holds an id, a name, an address, a path or a token. `other` takes what has no word of its own. A histogram has `_bucket`, `_sum` and `_count`.',
    ),
    '## Of the library, and of the service',
    table(['name', 'kind', 'labels', 'meaning'], library.map(row)),
    '## Of the service alone',
    table(['name', 'kind', 'labels', 'meaning'], service.map(row)),
    '## Words of labels',
    table(['label', 'of', 'words'], labels([...library, ...service])),
    '## Buckets of histograms',
    table(
      ['name', 'upper bounds'],
      [...library, ...service]
        .filter(({ buckets }) => buckets !== undefined)
        .map(({ name, buckets = [] }) => [code(name), buckets.join(', ')]),
    ),
  ].join('\n\n')
}

/** @param {Series} series */
function row({ name, kind, help, labels: words, when }) {
  const shown = when === undefined ? '' : ` Shown when ${when}.`
  return [code(name), kind, codes(Object.keys(words)), help + shown]
}

/**
 * Labels with their words; series with the same ones share a row.
 *
 * @param {readonly Series[]} all
 */
function labels(all) {
  /** @type {Map<string, string[]>} */
  const users = new Map()
  for (const { name, labels: own } of all) {
    for (const [label, words] of Object.entries(own)) {
      const text = typeof words === 'string' ? words : codes(words)
      const key = `${label}\0${text}`
      users.set(key, [...(users.get(key) ?? []), name])
    }
  }
  return [...users].map(([key, names]) => {
    const [label = '', words = ''] = key.split('\0')
    return [code(label), codes(names), words]
  })
}
