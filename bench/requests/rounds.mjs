import { BARE } from '../candidates.mjs'
import { measureAgain } from '../harness/load.mjs'
import { startRedis } from '../harness/redis.mjs'
import { signIn, startServer } from '../harness/servers.mjs'
import { say } from '../harness/table.mjs'

/**
 * Measures every candidate round after round, each right after a bare Express handler, so that a noisy machine moves both.
 *
 * @param {readonly import('../candidates.mjs').Candidate[]} candidates
 * @param {{ rounds: number, seconds: number, warmUp: number, connections: number, people?: number, profileFolder?: string }} how
 */
export async function measureInRounds(candidates, how) {
  const redis = await startRedis()
  const servers = new Map()
  try {
    for (const kind of new Set([BARE, ...candidates].map(({ kind }) => kind))) {
      const { profileFolder } = how
      servers.set(kind, await startServer(kind, { redisUrl: redis.url, profileFolder }))
    }
    await signInEverywhere(servers, [BARE, ...candidates], how.people)
    say(`${servers.size} servers run, and people have signed in`)
    return await rounds(candidates, servers, redis, how)
  } finally {
    await Promise.all([...servers.values()].map((server) => server.stop()))
    redis.stop()
  }
}

/** Those who sign in by cookie come first at every server: a session with tokens is another one. */
async function signInEverywhere(servers, candidates, people) {
  for (const credential of ['cookie', 'bearer']) {
    const wanted = candidates.filter((one) => one.credential === credential)
    for (const kind of new Set(wanted.map(({ kind }) => kind)))
      await signIn(servers.get(kind), credential, people)
  }
}

async function rounds(candidates, servers, redis, { rounds, seconds, warmUp, connections }) {
  const how = { redis: redis.client, connections }
  const once = (candidate, seconds) =>
    measureAgain(servers.get(candidate.kind), candidate, { ...how, seconds })
  /*
   * Who waited while others were measured has given memory back and collects garbage more often at first. Nobody is
   * measured before that is over: otherwise bare Express, whose turn comes all the time, would have the better of it.
   */
  const hot = async (candidate) => {
    await once(candidate, warmUp)
    return once(candidate, seconds)
  }
  const bare = []
  const rows = candidates.map((candidate) => ({ candidate, results: [] }))
  for (let round = 1; round <= rounds; round += 1) {
    for (const { candidate, results } of rows) {
      const floor = await hot(BARE)
      const result = await hot(candidate)
      bare.push(floor)
      results.push({ ...result, ratio: result.rate / floor.rate, cpuRatio: result.cpu / floor.cpu })
    }
    say(`round ${round} of ${rounds} done`)
  }
  return { bare, rows }
}
