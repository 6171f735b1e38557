import { writing, type Script } from './script.js'

/**
 * One beat of one process, under a key of its own; what names the history of this node is under a key that all share.
 * Arguments: 5 how many beats there should be at least, 6 a name for the history, where it has none.
 * Reply: `pulse`, now, the name as it was found (or nothing) and as it is, the beats as they were found and as they are.
 *
 * Nothing is written where beats are missing: a message that was under way for long must not cover that up. A node that
 * takes no writes answers all the same.
 */
export const PULSE: Script = writing(`
local KEPT_FOR = ${String(400 * 86_400_000)}
local BEATS_KEPT_FOR = 3600000

local shared = key_of('h', '')
local function is_written(reply) return type(reply) ~= 'table' or not reply.err end

local found = redis.call('HGET', shared, 'H') or ''
local known = found
if known == '' and is_written(redis.pcall('HSET', shared, 'H', ARGV[6])) then known = ARGV[6] end
if known ~= '' and redis.call('PTTL', shared) < KEPT_FOR - 86400000 then
  redis.pcall('PEXPIRE', shared, text(KEPT_FOR))
end

local beats = whole(redis.call('HGET', KEYS[1], 'N')) or 0
local after = beats
if beats >= tonumber(ARGV[5]) and is_written(redis.pcall('HSET', KEYS[1], 'N', text(beats + 1))) then
  after = beats + 1
  redis.pcall('PEXPIRE', KEYS[1], text(BEATS_KEPT_FOR))
end
return { 'pulse', text(now), found, known, text(beats), text(after) }
`)
