import { writing, type Script } from './script.js'
import { FAMILY } from './family.js'
import { FIELDS } from './fields.js'
import { BURY, INDEX, LIVE, OWNER, SESSION, TELL } from './snippets.js'

/**
 * Arguments: 5 digest of the seed, 6 generation presented, 7 the client behind an `=` (or nothing: none),
 * 8 grace, 9 forgiveFor, 10 idle timeout (or nothing), 11 `1` when the session was seen.
 *
 * Reply: `rotated`, `healed`, `replayed` or `forgiven`, now, the successor's generation, how many of the
 * following belong to the subject, those, the record's fields; `refused`, now, why; `reused`, now, the
 * record's fields as they were; or `gone`.
 *
 * The rows are those of RotateResult, in its order; everything is judged before the first write.
 */
export const ROTATE: Script = writing(
  OWNER,
  SESSION,
  LIVE,
  INDEX,
  TELL,
  BURY,
  FIELDS,
  FAMILY,
  `
local function refused(reason) return { 'refused', text(now), reason } end

local function append(reply, words)
  local from = #reply
  for at = 1, #words do reply[from + at] = words[at] end
end

local session, reply = live(name)
if not session then return reply end

local field = redis.call('HMGET', KEYS[1], 'F', 'G', 'c')
local family = family_of(field[2])
if not family or field[1] ~= ARGV[5] then return refused('unknown') end
if (field[3] and '=' .. field[3] or '') ~= ARGV[7] then return refused('client') end
local age = now - session.created
local since, idle = age - family.rotated, tonumber(ARGV[10])
if age >= family.expires or idle and since >= idle then return refused('expired') end

local function is_within(limit) return limit > 0 and since <= limit end

local presented, generation, parent = tonumber(ARGV[6]), family.generation, family.parent
local status, successor
if presented == generation then
  status, successor, parent = 'rotated', generation + 1, generation
elseif presented == generation + 1 then
  status, successor, parent = 'healed', presented + 1, presented
elseif presented > generation then
  return refused('ahead')
elseif presented == parent and is_within(tonumber(ARGV[8])) then
  status, successor = 'replayed', generation
elseif presented == parent and is_within(tonumber(ARGV[9])) and not family.presented then
  status, successor = 'forgiven', generation + 1
else
  reply = fields_of(name, { 'reused', text(now) })
  bury(session, 'refresh_reuse', now)
  return reply
end

if status ~= 'replayed' then
  if ARGV[11] == '1' then assert_index(session.subject) end
  write_family({ generation = successor, parent = parent, rotated = age, expires = family.expires })
end
if status ~= 'replayed' and ARGV[11] == '1' then
  session.seen = math.max(session.seen, age)
  redis.call('HSET', KEYS[1], 'T', text(session.seen))
  keep_session(session)
end

local owner = session.subject and redis.call('HGETALL', key_of('g', session.subject)) or {}
reply = { status, text(now), text(successor), text(#owner) }
append(reply, owner)
append(reply, redis.call('HGETALL', KEYS[1]))
return reply
`,
)
