/** Lua that several scripts share. Each text says which others it builds on. */

/**
 * The instant, and the one key taken apart. Arguments of every script: 1 milliseconds to add to Redis'
 * clock (tests), 2 the instant by Redis' own clock after which it is too late (0: never), 3 `lingerFor`,
 * 4 `tombstoneFor`.
 */
export const CLOCK = `
local function text(number) return string.format('%.0f', number) end
local function whole(text) return text and string.match(text, '^%-?%d+$') and tonumber(text) end

local time = redis.call('TIME')
local here = time[1] * 1000 + math.floor(time[2] / 1000)
local now = here + ARGV[1]
if ARGV[2] ~= '0' and here > tonumber(ARGV[2]) then return { 'late', text(now) } end

local linger_for, tombstone_for = tonumber(ARGV[3]), tonumber(ARGV[4])
local home, tag, name = string.match(KEYS[1], '^(.*)%l(%b{})(.*)$')
local function key_of(kind, name) return home .. kind .. tag .. name end
`

/**
 * Whether this node may be believed. A command that changes nothing, on two keys that are never there, is refused by
 * a replica, whose data may be old, and by a node while the slot is on its way to another: then only some of the keys
 * are here, and one that is missing may be there. What such a node would answer could be wrong, even where the script
 * writes nothing. It costs half a microsecond, and no command.
 *
 * A disk that is full, memory that is full and too few replicas keep nobody from reading. A script that writes probes
 * with a command that Redis refuses when out of memory, as one that is let through would let through all after it.
 */
export function probing(writes: boolean): string {
  const command = writes
    ? "redis.pcall('ZUNIONSTORE', nowhere .. 'a', 1, nowhere .. 'b')"
    : "redis.pcall('DEL', nowhere .. 'a', nowhere .. 'b')"
  return `
local nowhere = home .. '-' .. tag
local probe = ${command}
local is_doubtful = type(probe) == 'table'
if is_doubtful then
  local is_bearable
  for _, words in ipairs({ 'MISCONF', 'OOM', 'NOREPLICAS', 'non local key' }) do
    is_bearable = is_bearable or string.find(probe.err, words, 1, true)
  end
  if not is_bearable then return probe end
end

-- Fails while the slot is on its way to another node. Who looks at more than one key calls it before.
local function assert_whole()
  if is_doubtful then redis.call('EXISTS', nowhere .. 'a', nowhere .. 'b') end
end
`
}

/**
 * The order of ids where instants are equal. Lua's \`<\` follows the locale that Redis was started in, which
 * need not be the same on two nodes, nor that of JavaScript.
 */
export const ID_ORDER = `
local function id_before(a, b)
  for at = 1, math.min(#a, #b) do
    local left, right = string.byte(a, at), string.byte(b, at)
    if left ~= right then return left < right end
  end
  return #a < #b
end
`

/**
 * Tells whoever listens, within the script that writes: see `feed/message.ts`. The channel is made like a key,
 * so that a prefix added by the client goes for it, too.
 *
 * A user that may not publish loses the message and nothing else: a write never fails half-way for it, and
 * where nobody listens it is not missed. Who does listen finds out before anything is believed (LISTEN).
 */
export const TELL = `
local function session_id(id) return string.sub(tag, 2, -2) .. '.' .. id end
local function tell(message) redis.pcall('PUBLISH', home .. 'changes', message) end
`

/** What is kept of a subject, as far as the life of its sessions depends on it. */
export const OWNER = `
local function owner_from(field)
  if field[1] and not whole(field[1]) then error('WRONGTYPE the subject record is unreadable') end
  return {
    epoch = whole(field[1]) or 0,
    reason = field[2] or 'unknown',
    at = whole(field[3]) or now,
    disabled = field[4] == '1',
  }
end

local function owner_of(subject)
  assert_whole()
  return owner_from(redis.call('HMGET', key_of('g', subject), 'E', 'Y', 'Z', 'D'))
end
`

/**
 * A session, as far as its life depends on it: instants are milliseconds since \`created\`. A tombstone
 * has \`reason\` and \`at\` alone. Nil where nothing rests that this version can read.
 */
export const SESSION = `
local function session_from(id, field)
  if field[11] then return nil end
  if field[9] then
    return { id = id, subject = field[7], reason = field[9], at = whole(field[10]) or now }
  end
  local session = {
    id = id,
    created = whole(field[1]),
    seen = whole(field[2]),
    idle = whole(field[3]),
    lasts = whole(field[4]),
    ends_as = field[5] or 'expired_absolute',
    epoch = whole(field[6] or '0'),
    subject = field[7],
    digest = field[8],
  }
  local readable = session.created and session.seen and session.idle and session.lasts
  return readable and session.epoch and session.digest and session or nil
end

local function session_of(id)
  local field = redis.pcall('HMGET', key_of('s', id),
    'C', 'T', 'I', 'X', 'Y', 'E', 'S', 'H', 'K', 'Z', 'V')
  return not field.err and session_from(id, field) or nil
end

local function expiry_of(session)
  return session.created + math.min(session.seen + session.idle, session.lasts)
end

-- Why and since when a session must not be used, or nil while it is good. The order of the reasons is
-- that of endedBecause in record.ts.
local function verdict(session, owner)
  local age, expiry = now - session.created, expiry_of(session)
  if owner and owner.disabled then return 'subject_disabled', math.min(owner.at, expiry) end
  if owner and session.epoch < owner.epoch then return owner.reason, math.min(owner.at, expiry) end
  if age >= session.lasts then return session.ends_as, expiry end
  if age >= session.seen + session.idle then return 'expired_idle', expiry end
end
`

/**
 * Builds on SESSION and OWNER: the live session, or nil and the reply that tells why there is none. Both
 * records may be handed in where they have been read already.
 */
export const LIVE = `
local function gone(reason, at, subject)
  return { 'gone', text(now), reason, text(at), subject or nil }
end

local function live(id, session, owner)
  session = session or session_of(id)
  if not session then return nil, { 'gone', text(now) } end
  if session.reason then return nil, gone(session.reason, session.at, session.subject) end
  owner = owner or session.subject and owner_of(session.subject)
  local reason, at = verdict(session, owner)
  if reason then return nil, gone(reason, at, session.subject) end
  return session
end
`

/** Builds on SESSION: how long keys rest, and the index that never disagrees with the records. */
export const INDEX = `
-- An index rests as long as the last of its members.
local function keep_index(key)
  local last = redis.call('ZRANGE', key, -1, -1, 'WITHSCORES')[2]
  if last then redis.call('PEXPIRE', key, text(math.max(last - now + linger_for, 1))) end
end

-- Fails on an index of the wrong type before anything is written: Redis does not take writes back.
local function assert_index(subject)
  if subject then redis.call('ZCARD', key_of('u', subject)) end
end

-- A record rests until it has lingered; its index entry says when it expires.
local function keep_session(session)
  local expiry = expiry_of(session)
  redis.call('PEXPIRE', key_of('s', session.id), text(math.max(expiry - now + linger_for, 1)))
  if session.subject then
    local index = key_of('u', session.subject)
    redis.call('ZADD', index, text(expiry), session.id)
    keep_index(index)
  end
end
`

/**
 * Builds on SESSION and TELL. Puts a tombstone where the record was. DEL comes first: a script that has begun
 * to delete may go on writing when Redis is out of memory, so that a session can always be ended.
 */
export const BURY = `
local function bury(session, reason, at)
  local key = key_of('s', session.id)
  redis.call('DEL', key)
  tell('e ' .. text(now) .. ' ' .. session_id(session.id))
  redis.call('HSET', key, 'K', reason, 'Z', text(at))
  redis.call('PEXPIRE', key, text(tombstone_for))
  if session.subject then
    redis.call('HSET', key, 'S', session.subject)
    redis.call('ZREM', key_of('u', session.subject), session.id)
    redis.call('ZREM', key_of('x', session.subject), session.id)
  end
end
`

/** Lets a subject's record rest for \`milliseconds\` at least; one that is disabled, for ten years. */
export const KEEP_OWNER = `
local TEN_YEARS = 3652 * 86400000

local function keep_owner(subject, milliseconds)
  local key = key_of('g', subject)
  local left = redis.call('PTTL', key)
  if left == -2 then return end
  if redis.call('HEXISTS', key, 'D') == 1 then milliseconds = TEN_YEARS end
  if left < milliseconds then redis.call('PEXPIRE', key, text(milliseconds)) end
end
`

/**
 * Builds on OWNER, INDEX and TELL. Ends every session of a subject by raising its epoch, in one step whatever
 * their number: the index is renamed, not walked. HDEL comes first for the reason that DEL does in BURY.
 */
export const RAISE_EPOCH = `
local function set_index_aside(subject)
  local index, aside = key_of('u', subject), key_of('x', subject)
  if redis.call('EXISTS', index) == 0 then return end
  if redis.call('EXISTS', aside) == 0 then
    redis.call('RENAME', index, aside)
  else
    redis.call('ZUNIONSTORE', aside, 2, aside, index, 'AGGREGATE', 'MAX')
    redis.call('UNLINK', index)
  end
  keep_index(aside)
end

local function raise_epoch(subject, owner, reason, spared)
  local key = key_of('g', subject)
  redis.call('HDEL', key, 'Y')
  redis.call('HSET', key, 'E', text(owner.epoch + 1), 'Y', reason, 'Z', text(now))
  local except = spared and session_id(spared.id) or '-'
  tell(table.concat({ 'u', text(now), text(owner.epoch + 1), except, subject }, ' '))
  set_index_aside(subject)
end
`

/** Writes the pairs from \`ARGV[first]\` to \`ARGV[last]\`; in parts, as Lua hands over some thousands at most. */
export const WRITE_PAIRS = `
local function write_pairs(key, first, last)
  for at = first, last, 1000 do
    redis.call('HSET', key, unpack(ARGV, at, math.min(at + 999, last)))
  end
end
`
