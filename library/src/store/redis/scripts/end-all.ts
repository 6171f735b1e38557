import { writing, type Script } from './script.js'
import { INDEX, KEEP_OWNER, LIVE, OWNER, RAISE_EPOCH, SESSION, TELL } from './snippets.js'

/**
 * Arguments: 5 the reason, 6 how long the subject's record rests at least, 7 the id to spare (or nothing).
 * Reply: `ended`, now, how many live sessions ended, the new epoch.
 */
export const END_ALL: Script = writing(
  OWNER,
  SESSION,
  LIVE,
  INDEX,
  TELL,
  KEEP_OWNER,
  RAISE_EPOCH,
  `
local owner = owner_of(name)
local index = key_of('u', name)
local count = redis.call('ZCOUNT', index, '(' .. text(now), '+inf')

local spared = ARGV[7] ~= '' and live(ARGV[7]) or nil
if spared and spared.subject ~= name then spared = nil end
if spared and redis.call('ZSCORE', index, spared.id) then count = count - 1 end

raise_epoch(name, owner, ARGV[5], spared)
local rests = tonumber(ARGV[6])
if spared then
  redis.call('HSET', key_of('s', spared.id), 'E', text(owner.epoch + 1))
  redis.call('ZREM', key_of('x', name), spared.id)
  keep_session(spared)
  rests = math.max(rests, spared.created + spared.lasts - now + linger_for)
end
keep_owner(name, rests)
return { 'ended', text(now), text(count), text(owner.epoch + 1) }
`,
)
