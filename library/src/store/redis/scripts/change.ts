import { writing, type Script } from './script.js'
import { FAMILY } from './family.js'
import { INDEX, LIVE, OWNER, SESSION, TELL } from './snippets.js'

/**
 * Arguments: 5 `=` when the session was seen, and behind it the new idle time (or nothing), 6 `1` to forget the
 * previous digest, 7 the base revision (or nothing); 8 digest the renewal expects (or nothing: no renewal), 9 the new one, 10 the one to keep,
 * 11 for how long, 12 `1` for an authentication; 13 seed digest of a new family of refresh tokens (or nothing)
 * and 14 its lifetime, 15 the generation that was presented (or nothing); then five lists, each after its
 * length: keys and JSON to set, keys to delete, keys and numbers to add, keys and revisions expected, traits
 * and values to write; the rest are traits to remove.
 *
 * Reply: `changed`, now, revision, lastSeenAt, authenticatedAt or nothing, conflicts, then keys and
 * values after adding; or `conflict`, now, key, entry or nothing; or `superseded`; or `gone`.
 *
 * Everything is judged before the first write, as Redis does not take back what a script has written.
 */
export const CHANGE: Script = writing(
  OWNER,
  SESSION,
  LIVE,
  INDEX,
  TELL,
  FAMILY,
  `
local SAFE = 9007199254740991 -- Number.MAX_SAFE_INTEGER

local at = 16
local function list(width)
  local items = {}
  local last = at + ARGV[at] * width
  for from = at + 1, last, width do
    items[#items + 1] = { key = ARGV[from], value = width == 2 and ARGV[from + 1] or nil }
  end
  at = last + 1
  return items
end
local sets, deletes, adds, expects, traits = list(2), list(1), list(2), list(2), list(2)

-- What rests under a key: its revision (0: nothing), its JSON, and both as they rest.
local function entry_of(key)
  local entry = redis.call('HGET', KEYS[1], 'd:' .. key) or ''
  local revision, json = string.match(entry, '^(%d+):(.*)$')
  return tonumber(revision) or 0, json, entry
end

local session, reply = live(name)
if not session then return reply end
if ARGV[8] ~= '' and ARGV[8] ~= session.digest then return { 'superseded', text(now) } end

for _, expect in ipairs(expects) do
  local revision, _, entry = entry_of(expect.key)
  if revision ~= tonumber(expect.value) then return { 'conflict', text(now), expect.key, entry } end
end

for _, add in ipairs(adds) do
  local _, json, entry = entry_of(add.key)
  local value = entry == '' and 0 or json ~= '-0' and whole(json)
  local sum = value and math.abs(value) <= SAFE and value + add.value
  if not sum or math.abs(sum) > SAFE then return { 'conflict', text(now), add.key, entry } end
  add.sum = text(sum)
end

local base, conflicts, present = whole(ARGV[7]) or SAFE, 0, {}
for _, set in ipairs(base < SAFE and sets or {}) do
  if entry_of(set.key) > base then conflicts = conflicts + 1 end
end
for _, delete in ipairs(deletes) do
  local revision, _, entry = entry_of(delete.key)
  if revision > base then conflicts = conflicts + 1 end
  if entry ~= '' then present[#present + 1] = delete.key end
end

local seen, idle = ARGV[5] ~= '', tonumber(string.sub(ARGV[5], 2))
if seen then assert_index(session.subject) end
local revision = whole(redis.call('HGET', KEYS[1], 'R')) or 0
if #sets + #adds + #present > 0 then
  revision = revision + 1
  redis.call('HSET', KEYS[1], 'R', text(revision))
end
for _, key in ipairs(present) do redis.call('HDEL', KEYS[1], 'd:' .. key) end
for _, set in ipairs(sets) do
  redis.call('HSET', KEYS[1], 'd:' .. set.key, text(revision) .. ':' .. set.value)
end
for _, add in ipairs(adds) do
  redis.call('HSET', KEYS[1], 'd:' .. add.key, text(revision) .. ':' .. add.sum)
end
for _, trait in ipairs(traits) do redis.call('HSET', KEYS[1], trait.key, trait.value) end
local told = #sets + #adds + #present + #traits > 0
for from = at, #ARGV do told = redis.call('HDEL', KEYS[1], ARGV[from]) > 0 or told end

local age = now - session.created
if ARGV[8] ~= '' then
  redis.call('HSET', KEYS[1], 'H', ARGV[9], 'P', ARGV[10], 'Q', text(age + ARGV[11]))
  told = true
elseif ARGV[6] == '1' then
  told = redis.call('HDEL', KEYS[1], 'P', 'Q') > 0 or told
end
if ARGV[12] == '1' then
  redis.call('HSET', KEYS[1], 'A', text(age))
  told = true
end
if ARGV[15] ~= '' then mark_presented(tonumber(ARGV[15])) end
if ARGV[13] ~= '' then
  begin_family(ARGV[13], age, tonumber(ARGV[14]))
  told = true
end
if seen then
  session.seen = math.max(session.seen, age)
  redis.call('HSET', KEYS[1], 'T', text(session.seen))
  if idle and idle ~= session.idle then
    session.idle, told = idle, true
    redis.call('HSET', KEYS[1], 'I', text(idle))
  end
  keep_session(session)
end
if told then tell('c ' .. session_id(name)) end

local proved = whole(redis.call('HGET', KEYS[1], 'A')) or (session.subject and 0)
reply = {
  'changed', text(now), text(revision), text(session.created + session.seen),
  proved and text(session.created + proved) or '', text(conflicts),
}
for _, add in ipairs(adds) do
  reply[#reply + 1] = add.key
  reply[#reply + 1] = add.sum
end
return reply
`,
)
