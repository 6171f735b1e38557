import { reading, type Script } from './script.js'
import { FIELDS } from './fields.js'
import { ID_ORDER, OWNER } from './snippets.js'

/**
 * Arguments: 5 size of the page; 6 and 7 lastSeenAt and id after which it starts (or nothing).
 * Reply: `listed`, now, `1` where more follow, then of every session its id, lastSeenAt, the number of
 * words that its fields take, and those.
 *
 * The index is in the order of expiry, which is not that of lastSeenAt; so every live session is looked at,
 * and the page picked out on the way: 1 us each, and no second index to keep.
 */
export const LIST: Script = reading(
  OWNER,
  ID_ORDER,
  FIELDS,
  `
if owner_of(name).disabled then return { 'listed', text(now), '0' } end
local size = tonumber(ARGV[5])
local after = ARGV[6] ~= '' and { seen = tonumber(ARGV[6]), id = ARGV[7] } or nil

local function comes_before(a, b)
  return a.seen > b.seen or (a.seen == b.seen and id_before(a.id, b.id))
end

-- The page in its order, and one more that tells whether anything follows.
local page = {}
local function consider(session)
  if after and not comes_before(after, session) then return end
  local at = #page
  while at > 0 and comes_before(session, page[at]) do at = at - 1 end
  if at <= size then table.insert(page, at + 1, session) end
  page[size + 2] = nil
end

local records = key_of('s', '')
for _, id in ipairs(redis.call('ZREVRANGEBYSCORE', key_of('u', name), '+inf', '(' .. text(now))) do
  local field = redis.pcall('HMGET', records .. id, 'C', 'T')
  local created, seen = tonumber(field[1] or nil), tonumber(field[2] or nil)
  if created and seen then consider({ id = id, seen = created + seen }) end
end

local reply = { 'listed', text(now), #page > size and '1' or '0' }
for at = 1, math.min(size, #page) do
  local head = #reply
  reply[head + 1], reply[head + 2], reply[head + 3] = page[at].id, text(page[at].seen), ''
  fields_of(page[at].id, reply)
  reply[head + 3] = text(#reply - head - 3)
end
return reply
`,
)
