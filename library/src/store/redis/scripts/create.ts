import { writing, type Script } from './script.js'
import { BURY, ID_ORDER, INDEX, KEEP_OWNER, OWNER, SESSION, TELL, WRITE_PAIRS } from './snippets.js'

/**
 * Arguments: 5 the subject behind an `=` (or nothing: anonymous), 6 idle timeout, 7 absolute timeout,
 * 8 how many live sessions it may have (or nothing), 9 what happens when it has them, then the other
 * fields in pairs. Reply: `created`, now, epoch, ids of the evicted; or why not.
 *
 * The record is written before anybody is evicted: out of memory, that is where Redis stops the script.
 */
export const CREATE: Script = writing(
  ID_ORDER,
  OWNER,
  SESSION,
  INDEX,
  TELL,
  BURY,
  KEEP_OWNER,
  WRITE_PAIRS,
  `
local subject = ARGV[5] ~= '' and string.sub(ARGV[5], 2) or false
local max, when_full = whole(ARGV[8]), ARGV[9]

-- The live sessions of the subject, those that have to leave first at the front; none while the limit is
-- not reached. The index holds live sessions alone, so two fields of each are enough to rank them.
local function rivals(index)
  if redis.call('ZCOUNT', index, '(' .. text(now), '+inf') < max then return {} end
  local found, records = {}, key_of('s', '')
  for _, id in ipairs(redis.call('ZRANGEBYSCORE', index, '(' .. text(now), '+inf')) do
    local field = redis.pcall('HMGET', records .. id, 'C', 'T')
    local created, seen = tonumber(field[1] or nil), tonumber(field[2] or nil)
    if created and seen then
      found[#found + 1] = { id = id, rank = created + (when_full == 'evict-oldest' and 0 or seen) }
    end
  end
  table.sort(found, function(a, b)
    return a.rank < b.rank or (a.rank == b.rank and id_before(a.id, b.id))
  end)
  return found
end

if redis.call('EXISTS', KEYS[1]) == 1 then return { 'exists', text(now) } end
local owner = subject and owner_of(subject) or { epoch = 0 }
if owner.disabled then return { 'disabled', text(now) } end
assert_index(subject)

local evicted = {}
if subject and max then
  local found = rivals(key_of('u', subject))
  if #found >= max and when_full == 'refuse' then return { 'limit', text(now) } end
  for _, rival in ipairs(found) do
    if #evicted > #found - max then break end
    local session = session_of(rival.id)
    if session and not session.reason then evicted[#evicted + 1] = session end
  end
end

local session = { id = name, subject = subject, created = now, seen = 0 }
session.idle, session.lasts = tonumber(ARGV[6]), tonumber(ARGV[7])
redis.call('HSET', KEYS[1], 'C', text(now), 'T', '0', 'I', ARGV[6], 'X', ARGV[7])
if subject then redis.call('HSET', KEYS[1], 'S', subject) end
if owner.epoch > 0 then redis.call('HSET', KEYS[1], 'E', text(owner.epoch)) end
write_pairs(KEYS[1], 10, #ARGV)
keep_session(session)
if subject then
  keep_owner(subject, session.lasts + linger_for)
  -- Entries whose records are gone by their TTL: who signs in again and again need never be reaped.
  redis.call('ZREMRANGEBYSCORE', key_of('u', subject), '-inf', text(now - linger_for))
end

local reply = { 'created', text(now), text(owner.epoch) }
for _, rival in ipairs(evicted) do
  bury(rival, 'evicted_limit', now)
  reply[#reply + 1] = rival.id
end
return reply
`,
)
