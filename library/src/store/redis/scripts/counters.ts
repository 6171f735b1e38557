import { reading, writing, type Script } from './script.js'

/**
 * What guards count, under one key each. A debt is a hash: when it ends in `E`, by how much sooner in `S` over the quota in
 * `Q` (see memory/allowance.ts). Attempts are one: when they end in `E`, their number in `N`, and in `L` whether they are
 * locked (memory/tally.ts). A key rests until then, and no longer. In `M` is the mark of the call that wrote it: who makes
 * that call again, as clients do that lost its reply, is told how things stand and not counted twice.
 *
 * All are whole numbers below 2^53, so that what Lua does with them is exact.
 */
const COUNTER = `
-- Whether this very call was the last to count: a client may send it again where its reply was lost.
local is_again

local function fields(first, second)
  local field = redis.call('HMGET', KEYS[1], 'E', first, second, 'M')
  if not field[1] then return nil end
  is_again = field[4] == mark
  for at = 1, 3 do
    field[at] = whole(field[at]) or error('WRONGTYPE the counter is unreadable')
  end
  return field
end

local function keep(lasts, ...)
  redis.call('HSET', KEYS[1], 'E', text(now + lasts), 'M', mark, ...)
  redis.call('PEXPIRE', KEYS[1], text(lasts))
end
`

/** Arguments: 5 the quota, 6 the window, 7 the cost. Reply: `allowed` or `refused`, now, and what is owed now, in parts of a ms. */
export const SPEND: Script = writing(
  COUNTER,
  `
local quota, window, cost = tonumber(ARGV[5]), tonumber(ARGV[6]), tonumber(ARGV[7])
local debt = fields('S', 'Q')
local owed = 0
if debt then
  local spare = debt[3] == quota and debt[2] or 0
  owed = math.max((debt[1] - now) * quota - spare, 0)
end

if is_again then return { 'allowed', text(now), text(owed) } end
local after = math.max(owed + cost * window, 0)
if cost > 0 and after > quota * window then return { 'refused', text(now), text(owed) } end
if cost == 0 then return { 'allowed', text(now), text(owed) } end
if after == 0 then
  redis.call('DEL', KEYS[1])
else
  local lasts = math.ceil(after / quota)
  keep(lasts, 'S', text(lasts * quota - after), 'Q', text(quota))
end
return { 'allowed', text(now), text(after) }
`,
)

/**
 * Arguments: 5 the number that locks, 6 for how long, 7 after how long attempts are forgotten. Reply: `locked` (nothing was
 * written), now, the number of attempts, and for how long it stays so; or `counted` or `locking`, now, and their number.
 */
export const ATTEMPT: Script = writing(
  COUNTER,
  `
local known = fields('N', 'L')
if known and known[1] <= now then known = nil end
if known and is_again then
  return { known[3] == 1 and 'locking' or 'counted', text(now), text(known[2]) }
end
if known and known[3] == 1 then
  return { 'locked', text(now), text(known[2]), text(known[1] - now) }
end

local count = (known and known[2] or 0) + 1
local locks = count >= tonumber(ARGV[5])
keep(tonumber(ARGV[locks and 6 or 7]), 'N', text(count), 'L', locks and '1' or '0')
return { locks and 'locking' or 'counted', text(now), text(count) }
`,
)

/** Reply: `locked` or `open`, now, the number of attempts, and for how long it stays so. */
export const LOOK: Script = reading(
  COUNTER,
  `
local known = fields('N', 'L')
if not known or known[1] <= now then return { 'open', text(now), '0', '0' } end
return { known[3] == 1 and 'locked' or 'open', text(now), text(known[2]), text(known[1] - now) }
`,
)

/** Reply: `forgotten`, now, and how many attempts there were. What is unreadable goes, too. */
export const FORGET: Script = writing(`
local field = redis.call('HMGET', KEYS[1], 'E', 'N')
local ends, count = whole(field[1]), whole(field[2])
redis.call('DEL', KEYS[1])
return { 'forgotten', text(now), text(ends and count and ends > now and count or 0) }
`)
