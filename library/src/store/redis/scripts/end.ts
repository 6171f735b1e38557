import { writing, type Script } from './script.js'
import { BURY, INDEX, LIVE, OWNER, SESSION, TELL } from './snippets.js'
import { FIELDS } from './fields.js'

/**
 * Arguments: 5 the reason, 6 milliseconds for which the session may still be used.
 * Reply: `ended`, now, the record's fields as they were; or `gone`.
 *
 * A later end is written by deleting first, too: see BURY.
 */
export const END: Script = writing(
  OWNER,
  SESSION,
  LIVE,
  INDEX,
  TELL,
  BURY,
  FIELDS,
  `
local session, reply = live(name)
if not session then return reply end
reply = fields_of(name, { 'ended', text(now) })

local after = tonumber(ARGV[6])
if after <= 0 then
  bury(session, ARGV[5], now)
else
  session.lasts = math.min(session.lasts, now - session.created + after)
  redis.call('HDEL', KEYS[1], 'Y')
  redis.call('HSET', KEYS[1], 'X', text(session.lasts), 'Y', ARGV[5])
  keep_session(session)
  tell('c ' .. session_id(name))
end
return reply
`,
)
