/** micro/ owns the small measurements of `npm run bench:tokens`: what one verification, look-up or rotation costs. */
import { median, spread, two } from '../harness/table.mjs'

/**
 * Something that is done over and over.
 *
 * @typedef {object} Case
 * @property {string} name
 * @property {(count: number) => unknown} run does it `count` times; may answer a promise
 * @property {number} [target] microseconds that it may take
 */

/**
 * Measures cases in turn, round after round, so that a noisy machine moves all of them.
 *
 * @param {readonly Case[]} cases
 * @param {{ rounds: number, seconds: number }} how `seconds` is the time for one case in one round
 */
export async function compare(cases, { rounds, seconds }) {
  const rows = []
  for (const one of cases)
    rows.push({ ...one, count: await calibrate(one, seconds), wall: [], cpu: [] })
  for (let round = 0; round < rounds; round += 1) {
    for (const row of rows) {
      const { wall, cpu } = await time(row)
      row.wall.push(wall)
      row.cpu.push(cpu)
    }
  }
  return rows.map(({ name, target, wall, cpu }) => ({
    name,
    microseconds: two(median(wall)),
    spread: spread(wall),
    target: target ?? null,
    cpu: two(median(cpu)),
  }))
}

/** How often it is done in `seconds`, after it has become warm. */
async function calibrate(one, seconds) {
  let count = 1
  for (;;) {
    const { wall } = await time({ ...one, count })
    const took = (wall * count) / 1e6
    if (took >= seconds / 4) return Math.ceil((count * seconds) / took)
    count *= 2
  }
}

/** Microseconds for each: by the clock, and of CPU time on all threads of this process. */
async function time({ run, count }) {
  const cpuBefore = process.cpuUsage()
  const start = performance.now()
  await run(count)
  const wall = ((performance.now() - start) * 1e3) / count
  const { user, system } = process.cpuUsage(cpuBefore)
  return { wall, cpu: (user + system) / count }
}
