import { median, table, two } from '../harness/table.mjs'

/** What the rounds and the exact pass found, as rows of plain numbers. */
export function toRows(rows, exact) {
  return rows.map(({ candidate, results }) => {
    const each = (measure) => results.map(measure)
    const ratios = each(({ ratio }) => ratio)
    const { name, group, isOurs = false, isSignIn = false, target, note } = candidate
    return {
      name,
      group,
      isOurs,
      isSignIn,
      target,
      note,
      ratio: median(ratios),
      least: Math.min(...ratios),
      most: Math.max(...ratios),
      rate: Math.round(median(each(({ rate }) => rate))),
      p50: median(each(({ p50 }) => p50)),
      p99: median(each(({ p99 }) => p99)),
      cpu: median(each(({ cpu }) => cpu)),
      cpuRatio: median(each(({ cpuRatio }) => cpuRatio)),
      redisCpu: median(each(({ redisCpu }) => redisCpu)),
      rss: Math.round(median(each(({ rss }) => rss)) / 1e6),
      ...exact.get(candidate),
    }
  })
}

const one = (number) => number.toFixed(1)

/** A column: its head, and what stands in it. */
const COLUMNS = [
  ['stack', ({ name }) => name],
  ['ratio to bare Express', ({ ratio }) => two(ratio)],
  ['min-max', ({ least, most }) => `${two(least)}-${two(most)}`],
  ['target', ({ target }) => target],
  ['each second', ({ rate }) => rate],
  ['p50 ms', ({ p50 }) => one(p50)],
  ['p99 ms', ({ p99 }) => one(p99)],
  ['CPU us', ({ cpu }) => one(cpu)],
  ['CPU against bare', ({ cpuRatio }) => two(cpuRatio)],
  ['Redis commands', ({ commands }) => two(commands)],
  ['round trips', ({ trips }) => two(trips)],
  ['Redis CPU us', ({ redisCpu }) => one(redisCpu)],
  ['credential bytes', ({ headerBytes }) => headerBytes],
  ['request / answer bytes', ({ bytesIn, bytesOut }) => `${bytesIn} / ${bytesOut}`],
  ['Redis bytes a session', ({ redisBytes }) => (redisBytes > 0 ? redisBytes : undefined)],
  ['RSS MB', ({ rss }) => rss],
  ['start-up ms', ({ startUp }) => Math.round(startUp)],
]

export function requestTable(rows) {
  const heads = COLUMNS.map(([head]) => head)
  return table(
    heads,
    rows.map((row) => COLUMNS.map(([, cell]) => cell(row))),
  )
}
