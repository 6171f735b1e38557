import { writing, type Script } from './script.js'
import { FAMILY } from './family.js'
import {
  BURY,
  INDEX,
  KEEP_OWNER,
  OWNER,
  RAISE_EPOCH,
  SESSION,
  TELL,
  WRITE_PAIRS,
} from './snippets.js'

/**
 * Builds on OWNER, RAISE_EPOCH, KEEP_OWNER and WRITE_PAIRS. Takes what another store kept of a subject, as the pairs from
 * `ARGV[first]` to `ARGV[last]`, unless what rests is newer; see `replacesSubject` in store/transfer.ts. Whether it does.
 */
const TAKE_OWNER = `
local function pairs_of(first, last)
  local given = {}
  for at = first, last, 2 do given[ARGV[at]] = ARGV[at + 1] end
  return given
end

local function take_owner(subject, first, last, rests)
  local owner, key, given = owner_of(subject), key_of('g', subject), pairs_of(first, last)
  local version = whole(redis.call('HGET', key, 'V')) or 0
  local epoch, theirs = whole(given.E or '0'), whole(given.V or '0')
  if epoch < owner.epoch or (epoch == owner.epoch and theirs < version) then return false end
  local is_same = epoch == owner.epoch and theirs == version and (given.D == '1') == owner.disabled
  if last < first or (is_same and epoch + version > 0) then return true end
  redis.call('DEL', key)
  write_pairs(key, first, last)
  if epoch > owner.epoch then
    tell(table.concat({ 'u', text(now), text(epoch), '-', subject }, ' '))
    set_index_aside(subject)
  end
  tell('a ' .. subject)
  keep_owner(subject, rests)
  return true
end
`

/** Arguments: 5 how long the record rests at least; then its fields in pairs. Reply: `taken` or `kept`, now. */
export const TAKE_SUBJECT: Script = writing(
  OWNER,
  SESSION,
  INDEX,
  TELL,
  KEEP_OWNER,
  RAISE_EPOCH,
  WRITE_PAIRS,
  TAKE_OWNER,
  `return { take_owner(name, 6, #ARGV, tonumber(ARGV[5])) and 'taken' or 'kept', text(now) }`,
)

/** Arguments: 5 the reason, 6 the instant, 7 the subject behind an `=` (or nothing). Reply: `taken` or `kept`, now. */
export const TAKE_ENDING: Script = writing(
  SESSION,
  TELL,
  BURY,
  `
local there = session_of(name)
if not there and redis.call('EXISTS', KEYS[1]) == 1 then return { 'kept', text(now) } end
if there and there.reason then return { 'taken', text(now) } end
local subject = ARGV[7] ~= '' and string.sub(ARGV[7], 2) or nil
bury(there or { id = name, subject = subject }, ARGV[5], ARGV[6])
return { 'taken', text(now) }
`,
)

/**
 * Arguments: 5 how long the subject's record rests at least, 6 the generation of the refresh token (0: none), 7 how many
 * words the subject's fields take, those in pairs; then those of the session. Reply: `taken`, `kept` or `over`, now.
 *
 * The subject comes first, as its epoch decides whether the session lives. One of an earlier epoch lies aside, to be
 * reaped. All is judged before the session is deleted, to be written anew; see BURY for why deleting comes first.
 */
export const TAKE_SESSION: Script = writing(
  OWNER,
  SESSION,
  INDEX,
  TELL,
  FAMILY,
  KEEP_OWNER,
  RAISE_EPOCH,
  WRITE_PAIRS,
  TAKE_OWNER,
  `
local first = 8 + ARGV[7]
local given = pairs_of(first, #ARGV)
local created, subject = tonumber(given.C), given.S
local expiry = created + math.min(given.T + given.I, tonumber(given.X))
if expiry + linger_for <= now then return { 'over', text(now) } end

assert_index(subject)
if subject then take_owner(subject, 8, first - 1, tonumber(ARGV[5])) end
local there = session_of(name)
if there and there.reason then return { 'over', text(now) } end
if not there and redis.call('EXISTS', KEYS[1]) == 1 then return { 'kept', text(now) } end
if there then
  local family = family_of(redis.call('HGET', KEYS[1], 'G'))
  local revision = whole(redis.call('HGET', KEYS[1], 'R')) or 0
  local is_later = (family and family.generation or 0) > tonumber(ARGV[6])
    or revision > tonumber(given.R or '0')
    or there.created + there.seen > created + given.T
  if is_later then return { 'kept', text(now) } end
  redis.call('DEL', KEYS[1])
end

write_pairs(KEYS[1], first, #ARGV)
local session = session_of(name)
local owner = subject and owner_of(subject)
if owner and session.epoch < owner.epoch then
  redis.call('PEXPIRE', KEYS[1], text(math.max(expiry - now + linger_for, 1)))
  redis.call('ZREM', key_of('u', subject), name)
  redis.call('ZADD', key_of('x', subject), text(expiry), name)
  keep_index(key_of('x', subject))
else
  keep_session(session)
end
tell('c ' .. session_id(name))
return { verdict(session, owner) and 'over' or 'taken', text(now) }
`,
)

/** Arguments: 5 the revision, 6 the text. Reply: `taken` or `kept`, now. */
export const TAKE_DOCUMENT: Script = writing(
  TELL,
  `
local field = redis.call('HMGET', KEYS[1], 'R', 'T')
local revision, given = whole(field[1] or '0'), tonumber(ARGV[5])
if not revision or revision > given then return { 'kept', text(now) } end
if revision == given then return { field[2] == ARGV[6] and 'taken' or 'kept', text(now) } end
redis.call('HSET', KEYS[1], 'R', ARGV[5], 'T', ARGV[6])
redis.call('PEXPIRE', KEYS[1], text(400 * 86400000))
tell('k ' .. name)
return { 'taken', text(now) }
`,
)
