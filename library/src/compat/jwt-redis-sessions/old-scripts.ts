import { sideScript, type SideScript } from './connection.js'

/**
 * Scripts on the keys of jwt-redis-sessions 3.x. Those have no hash tag, so what touches several of them cannot run
 * on a cluster, where 3.x cannot run either; what every request may come to, touches one.
 */

/** The record, or nothing. Arguments: seconds for which it shall rest at least, as 3.x extends it with every use. */
export const READ: SideScript = sideScript(`
local text = redis.pcall('GET', KEYS[1])
if type(text) == 'table' then return '' end
if text and redis.call('TTL', KEYS[1]) < tonumber(ARGV[1]) * 0.9 then
  redis.call('EXPIRE', KEYS[1], ARGV[1])
end
return text
`)

/** The values of all keys; an empty text where there is none, and `?` where something else rests. */
export const GET_ALL: SideScript = sideScript(`
local values = {}
for at, key in ipairs(KEYS) do
  local value = redis.pcall('GET', key)
  values[at] = type(value) == 'table' and '?' or value or ''
end
return values
`)

/** The members of an index. */
export const LIST: SideScript = sideScript(`
local members = redis.pcall('SMEMBERS', KEYS[1])
return members.err and {} or members
`)

/** Raises a generation. Arguments: seconds after which nobody needs it, where it is new (3.x itself keeps it for ever). */
export const RAISE: SideScript = sideScript(`
local generation = redis.call('INCR', KEYS[1])
if generation == 1 then redis.call('EXPIRE', KEYS[1], ARGV[1]) end
return generation
`)

/** Ends a session. Keys: record, refresh token, indexes. Arguments: its id. */
export const END: SideScript = sideScript(`
redis.call('DEL', KEYS[1], KEYS[2])
for at = 3, #KEYS do redis.call('SREM', KEYS[at], ARGV[1]) end
return 1
`)

const WRITE_ALL = `
redis.call('SET', KEYS[1], ARGV[2], 'EX', ARGV[4])
redis.call('SET', KEYS[2], ARGV[3], 'EX', ARGV[5])
for at = 3, #KEYS do
  redis.call('SADD', KEYS[at], ARGV[1])
  if redis.call('TTL', KEYS[at]) < tonumber(ARGV[4]) then redis.call('EXPIRE', KEYS[at], ARGV[4]) end
end
return 1
`

/** Writes a session. Keys as above. Arguments: id, record, digest of the refresh token, seconds for the record and for the token. */
export const WRITE: SideScript = sideScript(WRITE_ALL)

/**
 * The same where the version and the refresh token are still those of arguments 6 and 7, or the new ones already;
 * 0 where somebody else was faster.
 */
export const ROTATE: SideScript = sideScript(`
local text, token = redis.call('GET', KEYS[1]), redis.call('GET', KEYS[2])
if not text or not token then return 0 end
if token == ARGV[3] then return 1 end
local ok, record = pcall(cjson.decode, text)
if not ok or tostring(record.sessionVersion) ~= ARGV[6] or token ~= ARGV[7] then return 0 end
${WRITE_ALL}`)
