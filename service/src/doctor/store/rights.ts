import type { RedisConfig } from '../../config/config.js'
import type { SendCommand } from '../../redis/client.js'
import { answer, type Finding } from '../finding.js'

/** Every command that the scripts of the store use, with the fewest words that it takes. */
const NEEDED: readonly (readonly string[])[] = [
  ['DEL', 'KEY'],
  ['EXISTS', 'KEY'],
  ['HDEL', 'KEY', 'a'],
  ['HEXISTS', 'KEY', 'a'],
  ['HGET', 'KEY', 'a'],
  ['HGETALL', 'KEY'],
  ['HMGET', 'KEY', 'a'],
  ['HSET', 'KEY', 'a', 'b'],
  ['PEXPIRE', 'KEY', '1'],
  ['PTTL', 'KEY'],
  ['PUBLISH', 'CHANNEL', 'a'],
  ['RENAME', 'KEY', 'KEY'],
  ['TIME'],
  ['UNLINK', 'KEY'],
  ['ZADD', 'KEY', '1', 'a'],
  ['ZCARD', 'KEY'],
  ['ZCOUNT', 'KEY', '0', '1'],
  ['ZRANGE', 'KEY', '0', '1'],
  ['ZRANGEBYSCORE', 'KEY', '0', '1'],
  ['ZREM', 'KEY', 'a'],
  ['ZREMRANGEBYSCORE', 'KEY', '0', '1'],
  ['ZREVRANGEBYSCORE', 'KEY', '1', '0'],
  ['ZSCORE', 'KEY', 'a'],
  ['ZUNIONSTORE', 'KEY', '1', 'KEY'],
]
/** Without these, sessions do all they should, and something beside them does not. */
type Useful = readonly (readonly [words: readonly string[], without: string])[]
const USEFUL: Useful = [
  [['SCAN', '0', 'COUNT', '1'], 'nobody can walk over all sessions, or end those of everybody'],
  [['INFO', 'server'], 'little is known of the server'],
]

/** What a near cache needs beside, where it listens to several servers. */
const USEFUL_ON_CLUSTERS: Useful = [
  [['CLUSTER', 'NODES'], 'every request asks Redis'],
  [['PUBSUB', 'NUMSUB', 'a'], 'every request asks Redis'],
]

/**
 * Tries all of it without doing anything: Redis asks whether the user may before it asks whether the script may write, and
 * this one may not. (ACL DRYRUN would be a right of its own, which no careful operator gives.)
 */
const PROBE = `#!lua flags=no-writes
local faults = {}
for place, words in ipairs(cjson.decode(ARGV[1])) do
  local reply = redis.pcall(unpack(words))
  faults[place] = type(reply) == 'table' and reply.err or ''
end
return faults`

type Asked = Pick<RedisConfig, 'keyPrefix' | 'username' | 'topology'>

/** Whether the user of Redis may do what the store does: on a cluster, each node has users of its own. */
export async function examineRights(
  send: SendCommand,
  { keyPrefix, username = 'default', topology }: Asked,
): Promise<Finding> {
  const say = answer({
    id: 'store.rights',
    group: 'store',
    asvs: ['13.2.2'],
    title: 'The user of Redis has the rights that the store needs',
  })
  const who = `user ${username}`
  const fix = 'Give it the rights that docs/guide/redis.md lists.'
  const useful = topology === 'cluster' ? [...USEFUL, ...USEFUL_ON_CLUSTERS] : USEFUL
  let faults: readonly string[]
  try {
    faults = await probe(send, keyPrefix, useful)
  } catch (error) {
    const message = error instanceof Error ? error.message : ''
    if (message.startsWith('NOPERM')) return say.fail(`${who} may not use EVAL.`, fix)
    return say.skipped('this server cannot be asked for rights without writing (Redis 7 can)')
  }
  const wanted = NEEDED.flatMap(([name = ''], place) => refusalOf(name, faults[place], keyPrefix))
  if (!(await mayEvalSha(send))) wanted.unshift('use EVALSHA')
  if (wanted.length > 0) return say.fail(`${who} may not ${listed(wanted)}.`, fix)
  const less = useful.flatMap(([[name = ''], without], place) =>
    refusalOf(name, faults[NEEDED.length + place], keyPrefix).length > 0
      ? [`without ${name} ${without}`]
      : [],
  )
  if (less.length === 0) return say.pass(`${who} has all of them`)
  return say.pass(`${who} has those for sessions; ${less.join(', ')}`)
}

async function probe(
  send: SendCommand,
  prefix: string,
  useful: Useful,
): Promise<readonly string[]> {
  const commands = [...NEEDED, ...useful.map(([words]) => words)].map((words) =>
    words.map((word) => filled(word, prefix)),
  )
  const reply = await send(['EVAL', PROBE, '0', JSON.stringify(commands)])
  return (reply as readonly unknown[]).map(String)
}

function filled(word: string, prefix: string): string {
  if (word === 'KEY') return `${prefix}g{AA}doctor`
  return word === 'CHANNEL' ? `${prefix}changes` : word
}

/** Releases differ in their words, not in these. */
function refusalOf(name: string, fault: string | undefined, prefix: string): string[] {
  if (fault === undefined || !/NOPERM|can't|permission/i.test(fault)) return []
  if (/channel/i.test(fault)) return [`use the channel ${prefix}changes`]
  if (/\bkeys?\b/i.test(fault)) return [`touch the keys ${prefix}*`]
  return /\brun\b/.test(fault) ? [`use ${name}`] : []
}

/** `use A, B and touch the keys …`, each once. */
function listed(wanted: readonly string[]): string {
  const names = wanted.filter((text) => text.startsWith('use ') && !text.includes('channel'))
  const others = new Set(wanted.filter((text) => !names.includes(text)))
  const used = names.map((text) => text.slice('use '.length)).join(', ')
  return [...(used === '' ? [] : [`use ${used}`]), ...others].join(', or ')
}

async function mayEvalSha(send: SendCommand): Promise<boolean> {
  try {
    await send(['EVALSHA', '0'.repeat(40), '0'])
    return true
  } catch (error) {
    return !(error instanceof Error && error.message.startsWith('NOPERM'))
  }
}
