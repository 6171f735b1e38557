import { reading, writing, type Script } from './script.js'
import { INDEX, KEEP_OWNER, OWNER, RAISE_EPOCH, SESSION, TELL, WRITE_PAIRS } from './snippets.js'

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
 * A change that names attributes raises their version, whether or not any of them differed.
 */
export const CHANGE_SUBJECT: Script = writing(
  OWNER,
  SESSION,
  INDEX,
  TELL,
  KEEP_OWNER,
  RAISE_EPOCH,
  WRITE_PAIRS,
  `
local owner = owner_of(name)
local version = whole(redis.call('HGET', KEYS[1], 'V')) or 0
local last = 7 + ARGV[7]
if ARGV[5] == '1' and not owner.disabled then
  raise_epoch(name, owner, 'subject_disabled')
  redis.call('HSET', KEYS[1], 'D', '1')
end
write_pairs(KEYS[1], 8, last)
local told = ARGV[5] == '0' and redis.call('HDEL', KEYS[1], 'D') == 1
for at = last + 1, #ARGV do redis.call('HDEL', KEYS[1], ARGV[at]) end
if #ARGV > 7 then
  redis.call('HSET', KEYS[1], 'V', text(version + 1))
  told = true
end
keep_owner(name, tonumber(ARGV[6]))
if told then tell('a ' .. name) end
`,
  ANSWER,
)
