/**
 * PromQL of the dashboards. Everything is asked of the processes that were picked above the dashboard, and rates are taken over
 * what Grafana thinks right for the zoom (`$__rate_interval`).
 */

/** The processes that were picked. */
export const PICKED = 'job=~"$job",instance=~"$instance"'

/**
 * A series of the picked processes.
 *
 * @param {string} name
 * @param {...string} matchers - such as `outcome="ok"`
 */
export function series(name, ...matchers) {
  return `${name}{${[PICKED, ...matchers].join(',')}}`
}

/**
 * How often a second, over all picked processes.
 *
 * @param {string} name
 * @param {string} [by] - labels that are kept apart
 * @param {...string} matchers
 */
export function perSecond(name, by = '', ...matchers) {
  return `sum${grouped(by)}(rate(${series(name, ...matchers)}[$__rate_interval]))`
}

/**
 * How often in the time that the dashboard shows.
 *
 * @param {string} name
 * @param {string} [by]
 * @param {...string} matchers
 */
export function inRange(name, by = '', ...matchers) {
  return `sum${grouped(by)}(increase(${series(name, ...matchers)}[$__range]))`
}

/**
 * The value of each picked process, put together by `how` (sum, max, min).
 *
 * @param {'sum' | 'max' | 'min' | 'count'} how
 * @param {string} name
 * @param {string} [by]
 * @param {...string} matchers
 */
export function now(how, name, by = '', ...matchers) {
  return `${how}${grouped(by)}(${series(name, ...matchers)})`
}

/**
 * Below this were that many of all: `quantile(0.99, 'http_request_duration_seconds', 'route')`.
 *
 * @param {number} share
 * @param {string} histogram - its name without `_bucket`
 * @param {string} [by]
 * @param {...string} matchers
 */
export function quantile(share, histogram, by = '', ...matchers) {
  const labels = by === '' ? 'le' : `le, ${by}`
  return `histogram_quantile(${String(share)}, ${perSecond(`${histogram}_bucket`, labels, ...matchers)})`
}

/**
 * A part of a whole, 0 where the whole is 0.
 *
 * @param {string} part
 * @param {string} whole
 */
export function share(part, whole) {
  return `${part} / clamp_min(${whole}, 1e-9)`
}

/** @param {string} by */
function grouped(by) {
  return by === '' ? '' : ` by (${by}) `
}
