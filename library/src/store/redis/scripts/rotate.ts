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
 * The rows are those of RotateResult, in its order; everything is judged before the first write. Both hashes
 * are read once and whole, as they are the answer: half of the time a script takes goes into its calls.
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

-- The words of a hash, and where the value of each field stands among them.
local function read(key)
  local words, place = redis.pcall('HGETALL', key), {}
  for at = 1, #words, 2 do place[words[at]] = at + 1 end
  return words, function(field) return words[place[field]] end, place
end

local function append(reply, words)
  local from = #reply
  for at = 1, #words do reply[from + at] = words[at] end
end

local record, of, place = read(KEYS[1])
local session = session_from(name, {
  of('C'), of('T'), of('I'), of('X'), of('Y'), of('E'), of('S'), of('H'), of('K'), of('Z'), of('V'),
})
local subject, owner = {}, nil
if session and session.subject and not session.reason then
  local about
  assert_whole()
  subject, about = read(key_of('g', session.subject))
  if subject.err then error(subject.err) end
  owner = owner_from({ about('E'), about('Y'), about('Z'), about('D') })
end
local reply
session, reply = live(name, session, owner)
if not session then return reply end

local family = family_of(of('G'))
if not family or of('F') ~= ARGV[5] then return refused('unknown') end
if (of('c') and '=' .. of('c') or '') ~= ARGV[7] then return refused('client') end
local age = now - session.created
local since, idle = age - family.rotated, tonumber(ARGV[10])
if age >= family.expires or idle and since >= idle then return refused('expired') end

-- A clock that was set back opens no grace that was over.
local function is_within(limit) return limit > 0 and math.abs(since) <= limit end

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
  local is_seen = ARGV[11] == '1'
  if is_seen then
    assert_index(session.subject)
    session.seen = math.max(session.seen, age)
  end
  record[place.T] = text(session.seen)
  record[place.G] = pack_family({
    generation = successor, parent = parent, rotated = age, expires = family.expires,
  })
  redis.call('HSET', KEYS[1], 'T', record[place.T], 'G', record[place.G])
  if is_seen then keep_session(session) end
end

reply = { status, text(now), text(successor), text(#subject) }
append(reply, subject)
append(reply, record)
return reply
`,
)
