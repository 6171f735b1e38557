import { reading, type Script } from './script.js'
import { FIELDS } from './fields.js'
import { OWNER } from './snippets.js'

/**
 * Arguments: 5 size of the page; 6 and 7 lastSeenAt and id after which it starts (or nothing).
 * Reply: `listed`, now, `1` where more follow, then of every session its id, the number of words that
 * its fields take, and those.
 *
 * The index is in the order of expiry, which is not that of lastSeenAt; so every live session is looked at,
 * and the page picked out on the way: 0.7 us each, and no second index to keep.
 */
export const LIST: Script = reading(
  OWNER,
  FIELDS,
  `
if owner_of(name).disabled then return { 'listed', text(now), '0' } end
local size = tonumber(ARGV[5])
local after = ARGV[6] ~= '' and { seen = tonumber(ARGV[6]), id = ARGV[7] } or nil

local function comes_before(a, b)
  return a.seen > b.seen or (a.seen == b.seen and a.id < b.id)
end

-- The page in its order, and one more that tells whether anything follows.
local page = {}
local function consider(session)
  if after and not comes_before(after, session) then return end
  if #page > size and comes_before(page[#page], session) then return end
  local at = #page
  while at > 0 and comes_before(session, page[at]) do at = at - 1 end
  table.insert(page, at + 1, session)
  if #page > size + 1 then table.remove(page) end
end

local live = redis.call('ZREVRANGEBYSCORE', key_of('u', name), '+inf', '(' .. text(now))
for _, id in ipairs(live) do
  local field = redis.pcall('HMGET', key_of('s', id), 'C', 'T', 'K', 'V')
  local created, seen = whole(field[1]), whole(field[2])
  if created and seen and not field[3] and not field[4] then
    consider({ id = id, seen = created + seen })
  end
end

local reply = { 'listed', text(now), #page > size and '1' or '0' }
for at = 1, math.min(size, #page) do
  local start = #reply + 1
  reply[start], reply[start + 1] = page[at].id, ''
  fields_of(page[at].id, reply)
  reply[start + 1] = text(#reply - start - 1)
end
return reply
`,
)
