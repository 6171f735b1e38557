import { reading, type Script } from './script.js'

/** Lines of Redis' INFO worth showing, by the name under which `Store.check` shows them. */
export const HEALTH_FIELDS = {
  version: 'redis_version',
  valkeyVersion: 'valkey_version',
  mode: 'redis_mode',
  role: 'role',
  uptimeSeconds: 'uptime_in_seconds',
  memoryUsed: 'used_memory',
  memoryResident: 'used_memory_rss',
  memoryPeak: 'used_memory_peak',
  memoryFragmentation: 'mem_fragmentation_ratio',
  memoryLimit: 'maxmemory',
  evictionPolicy: 'maxmemory_policy',
  evictedKeys: 'evicted_keys',
  expiredKeys: 'expired_keys',
  keyspaceHits: 'keyspace_hits',
  keyspaceMisses: 'keyspace_misses',
  commands: 'total_commands_processed',
  connectionsRejected: 'rejected_connections',
  isLoading: 'loading',
  appendOnly: 'aof_enabled',
  appendOnlyWrite: 'aof_last_write_status',
  saveStatus: 'rdb_last_bgsave_status',
  lastSaveAt: 'rdb_last_save_time',
  changesSinceSave: 'rdb_changes_since_last_save',
  replicas: 'connected_slaves',
  replicationOffset: 'master_repl_offset',
  clients: 'connected_clients',
  clientsBlocked: 'blocked_clients',
  clientLimit: 'maxclients',
} as const

const NAMES = Object.values(HEALTH_FIELDS)

/** What the script itself finds out, by the name under which `Store.check` shows it. */
export const FOUND_FIELDS = {
  /** How far the replica that is furthest behind has read, and for how many seconds it has been silent. */
  replicaOffset: 'slowest_replica_offset',
  replicaSilence: 'longest_replica_silence',
  /** Keys of the database; how many were drawn at random, and how many of these were sessions that live. */
  keys: 'key_count',
  keysDrawn: 'keys_drawn',
  sessionsDrawn: 'sessions_drawn',
} as const

/** Keys that are drawn: each costs a microsecond or two. Whoever asks again and again adds the draws up. */
const DRAWN = 32

/**
 * Redis cannot count sessions among its keys, so some are drawn at random: what share of them are sessions that live, by
 * their own clocks. Needs `+dbsize +randomkey`, which no user need have. On a cluster none are: a script may touch one slot.
 */
const DRAW = `
local function is_session_alive(key)
  if string.sub(key, 1, #home + 2) ~= home .. 's{' then return false end
  local field = redis.pcall('HMGET', key, 'C', 'T', 'I', 'X', 'K')
  if field.err or field[5] then return false end
  local created, seen, idle, lasts = whole(field[1]), whole(field[2]), whole(field[3]), whole(field[4])
  if not (created and seen and idle and lasts) then return false end
  return now - created < math.min(lasts, seen + idle)
end

local function draw(reply)
  local size = redis.pcall('DBSIZE')
  if type(size) ~= 'number' then return end
  local drawn, alive = 0, 0
  while drawn < ${String(DRAWN)} do
    local key = redis.pcall('RANDOMKEY')
    if type(key) ~= 'string' then break end
    drawn = drawn + 1
    if is_session_alive(key) then alive = alive + 1 end
  end
  for _, word in ipairs({ 'key_count', text(size), 'keys_drawn', text(drawn), 'sessions_drawn', text(alive) }) do
    reply[#reply + 1] = word
  end
end
`

const REPLICAS = `
local function tell_replicas(reply, info)
  local slowest, silence
  for offset, lag in string.gmatch(info, '\\nslave%d+:[^\\r\\n]*offset=(%d+),lag=(%d+)') do
    slowest = math.min(slowest or tonumber(offset), tonumber(offset))
    silence = math.max(silence or 0, tonumber(lag))
  end
  if not slowest then return end
  for _, word in ipairs({ 'slowest_replica_offset', text(slowest), 'longest_replica_silence', text(silence) }) do
    reply[#reply + 1] = word
  end
end
`

/** Reply: `health`, now, names and values from INFO, as far as the user may ask for it. */
export const CHECK: Script = reading(
  DRAW,
  REPLICAS,
  `
local reply = { 'health', text(now) }
for _, section in ipairs({ 'server', 'clients', 'memory', 'persistence', 'stats', 'replication' }) do
  local info = redis.pcall('INFO', section)
  if type(info) ~= 'string' then return reply end
  for _, name in ipairs({ ${NAMES.map((name) => `'${name}'`).join(', ')} }) do
    local value = string.match(info, '\\n' .. name .. ':([^\\r\\n]*)')
    if value then
      reply[#reply + 1] = name
      reply[#reply + 1] = value
    end
  end
  if string.find(info, '\\nredis_mode:standalone') then draw(reply) end
  tell_replicas(reply, info)
end
return reply
`,
)
