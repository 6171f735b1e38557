import { signIn } from './people.mjs'
import { openTwice } from './stores.mjs'
import { openTheirs } from './theirs.mjs'

/**
 * Tabs that refresh at once: every one of them holds the same token, and all of them are honest. So all have to be given
 * the same successor, the session has to live on, and one exchange has to have happened. Anything else is a violation.
 * A store that did not answer in time decided nothing, and is asked again: it is counted apart.
 *
 * @param {{ redisUrl: string, races: number, parallel: number }} how
 */
export async function race({ redisUrl, races, parallel }) {
  const rows = []
  for (const store of ['memory', 'SQLite', 'Redis']) {
    const { instances, close } = await openTwice(store, redisUrl)
    const count = { violations: [], unavailable: 0 }
    for (let at = 0; at < races; at += 1) await raceOnce(instances, parallel, count)
    await close()
    const { violations, unavailable } = count
    rows.push({
      name: `sojourn, ${store}, ${instances.length} instance(s)`,
      mustHold: true,
      races,
      parallel,
      violations: violations.length,
      first: violations[0],
      unavailable,
    })
  }
  return rows
}

async function raceOnce(instances, parallel, count) {
  const [{ sojourn }] = instances
  const { tokens } = await signIn(sojourn)
  const results = await Promise.all(
    Array.from({ length: parallel }, (_, at) =>
      refresh(instances[at % instances.length].sojourn, tokens.refreshToken, count),
    ),
  )
  count.violations.push(...judge(results), ...(await judgeAfterwards(sojourn, results, count)))
}

async function refresh(sojourn, token, count) {
  for (;;) {
    try {
      return await sojourn.tokens.refresh(token)
    } catch (error) {
      if (error.code !== 'store_unavailable') throw error
      count.unavailable += 1
    }
  }
}

function judge(results) {
  const violations = results
    .filter(({ status }) => status !== 'refreshed')
    .map(({ message }) => `refused: ${message}`)
  const exchanged = results.filter(({ how }) => how === 'rotated').length
  if (exchanged !== 1) violations.push(`exchanged ${exchanged} times`)
  const successors = new Set(results.map(({ tokens }) => tokens?.refreshToken))
  if (successors.size !== 1) violations.push(`${successors.size} different successors`)
  return violations
}

/** Whichever answer a tab kept, it can go on with it. */
async function judgeAfterwards(sojourn, results, count) {
  const { tokens } = results.at(-1)
  if (tokens === undefined) return ['nothing to go on with']
  const { active } = await sojourn.tokens.introspect(tokens.accessToken)
  const next = await refresh(sojourn, tokens.refreshToken, count)
  const violations = active ? [] : ['the access token is no good']
  return next.how === 'rotated' ? violations : [...violations, 'the successor is no good']
}

/** The same tabs elsewhere. Every honest one that is turned away is a violation; nothing is promised there. */
export async function theirsInRace({ redisUrl, races, parallel }) {
  const theirs = await openTheirs(redisUrl)
  const faults = []
  for (let at = 0; at < races; at += 1) {
    const { refreshToken } = await theirs.signIn(`racer-${at}`)
    const tabs = Array.from({ length: parallel }, () => theirs.refresh(refreshToken))
    for (const { reason } of await Promise.allSettled(tabs)) if (reason) faults.push(reason)
  }
  await theirs.close()
  return {
    name: 'jwt-redis-sessions',
    mustHold: false,
    races,
    parallel,
    violations: faults.length,
    first: faults[0]?.message,
    unavailable: 0,
  }
}
