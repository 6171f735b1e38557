import { reading, type Script } from './script.js'

/** Lines of Redis' INFO worth showing, by the name under which {@link Store.check} shows them. */
export const HEALTH_FIELDS = {
  version: 'redis_version',
  valkeyVersion: 'valkey_version',
  mode: 'redis_mode',
  role: 'role',
  uptimeSeconds: 'uptime_in_seconds',
  memoryUsed: 'used_memory',
  memoryLimit: 'maxmemory',
  evictionPolicy: 'maxmemory_policy',
  evictedKeys: 'evicted_keys',
  appendOnly: 'aof_enabled',
  replicas: 'connected_slaves',
  clients: 'connected_clients',
  clientLimit: 'maxclients',
} as const

const NAMES = Object.values(HEALTH_FIELDS)

/** Reply: `health`, now, names and values from INFO, as far as the user may ask for it. */
export const CHECK: Script = reading(`
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
end
return reply
`)
