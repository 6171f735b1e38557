import { writing, type Script } from './script.js'
import { BURY, INDEX, OWNER, SESSION, TELL } from './snippets.js'

/**
 * Arguments: 5 how many at most. Reply: `reaped`, now, `1` where there is more, then ids and reasons.
 *
 * An entry whose record is no longer there is dropped without a word. One that is due by the index but
 * lives by its record (which only a hand in the data can bring about) gets the right entry again.
 */
export const REAP: Script = writing(
  OWNER,
  SESSION,
  INDEX,
  TELL,
  BURY,
  `
local index, aside = key_of('u', name), key_of('x', name)
local limit = tonumber(ARGV[5])
local due = redis.call('ZRANGE', aside, 0, limit - 1)
local expired = redis.call('ZRANGEBYSCORE', index, '-inf', text(now), 'LIMIT', 0, limit - #due)
for _, id in ipairs(expired) do due[#due + 1] = id end

local owner = owner_of(name)
local told = {}
for _, id in ipairs(due) do
  local session = session_of(id)
  local reason, at
  if session and not session.reason then reason, at = verdict(session, owner) end
  if reason then
    bury(session, reason, at)
    told[#told + 1] = id
    told[#told + 1] = reason
  else
    redis.call('ZREM', index, id)
    redis.call('ZREM', aside, id)
    if session and not session.reason then keep_session(session) end
  end
end

local left = redis.call('ZCARD', aside) + redis.call('ZCOUNT', index, '-inf', text(now))
return { 'reaped', text(now), left > 0 and '1' or '0', unpack(told) }
`,
)
