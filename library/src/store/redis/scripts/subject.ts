import { reading, writing, type Script } from './script.js'
import { INDEX, KEEP_OWNER, OWNER, RAISE_EPOCH, SESSION, WRITE_PAIRS } from './snippets.js'

const ANSWER = `
local reply = redis.call('HGETALL', KEYS[1])
table.insert(reply, 1, 'subject')
table.insert(reply, 2, text(now))
return reply
`

/** What is kept of a subject. Reply: `subject`, now, its fields. */
export const READ_SUBJECT: Script = reading(ANSWER)

/**
 * Arguments: 5 `1` to disable, `0` to enable, or nothing; 6 how long the record rests at least; 7 how many
 * words the fields and values to write take, those; the rest are fields to remove.
 * Reply: as READ_SUBJECT. Disabling ends every session, so that enabling brings none of them back.
 */
export const CHANGE_SUBJECT: Script = writing(
  OWNER,
  SESSION,
  INDEX,
  KEEP_OWNER,
  RAISE_EPOCH,
  WRITE_PAIRS,
  `
local owner = owner_of(name)
local last = 7 + ARGV[7]
if ARGV[5] == '1' and not owner.disabled then
  raise_epoch(name, owner, 'subject_disabled')
  redis.call('HSET', KEYS[1], 'D', '1')
end
write_pairs(KEYS[1], 8, last)
if ARGV[5] == '0' then redis.call('HDEL', KEYS[1], 'D') end
for at = last + 1, #ARGV do redis.call('HDEL', KEYS[1], ARGV[at]) end
keep_owner(name, tonumber(ARGV[6]))
-- (near cache) A change of a subject's attributes will be told to other processes here.
`,
  ANSWER,
)
