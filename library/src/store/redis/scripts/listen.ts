import { reading, type Script } from './script.js'

/**
 * Deletes nothing, under a name that nobody uses: only a node that takes writes lets that pass. So a replica, a primary
 * without the replicas that it must have (min-replicas-to-write) or without its cluster does not count as heard.
 */
const TAKES_WRITES = `redis.call('DEL', KEYS[1])`

/**
 * What a listener asks of the connection that others write over. Argument: 5 a word to publish, or nothing.
 * Reply: `listens`, now, the channel on which changes are told. Here the publishing may not fail: a listener
 * that hears its word knows that writers can be heard, from the instant of this answer on.
 */
export const LISTEN: Script = reading(
  TAKES_WRITES,
  `
if ARGV[5] ~= '' then redis.call('PUBLISH', home .. 'changes', 'p ' .. ARGV[5]) end
return { 'listens', text(now), home .. 'changes' }
`,
)

/**
 * The same for a cluster, where a published word would go to all nodes. Arguments: 5 … channels that one connection each
 * is subscribed to. Reply: `listens`, now, the channel on which changes are told, for each channel whether that
 * connection leads to this very node, and, one to a line, the primaries as this node sees them: its id, `me` or
 * `-`, its slots as in CLUSTER NODES.
 */
export const LISTEN_CLUSTER: Script = reading(
  TAKES_WRITES,
  `
local counts, view = {}, {}
if ARGV[5] then
  local seen = redis.call('PUBSUB', 'NUMSUB', unpack(ARGV, 5))
  for at = 2, #seen, 2 do counts[#counts + 1] = text(seen[at]) end
end
for line in string.gmatch(redis.call('CLUSTER', 'NODES'), '[^\\n]+') do
  local id, flags, slots = string.match(line, '^(%S+) %S+ (%S+) %S+ %S+ %S+ %S+ %S+ ?(.*)$')
  if id and string.find(flags, 'master', 1, true) then
    local whose = string.find(flags, 'myself', 1, true) and ' me ' or ' - '
    view[#view + 1] = id .. whose .. slots
  end
end
return {
  'listens', text(now), home .. 'changes', table.concat(counts, ' '), table.concat(view, '\\n')
}
`,
)

/** Writes something for a second, so that whoever is told of written keys can see that they are. */
export const LEAVE_TRACE: Script = reading(`
redis.call('HSET', KEYS[1], 'T', '1')
redis.call('PEXPIRE', KEYS[1], '1000')
return { 'left', text(now), home, KEYS[1] }
`)
