import { reading, type Script } from './script.js'

/**
 * The record and its subject's record as they are, at one instant. Judges nothing: what rests there may
 * be a tombstone, or nothing that makes sense; the reader sees. Reply: `found`, now, how many of the
 * following belong to the subject, those, the record's fields.
 */
export const READ: Script = reading(`
-- Something of another kind rests there; any other refusal says nothing about what does.
local function not_read(words)
  return string.find(words.err, 'WRONGTYPE', 1, true) and { 'corrupt', text(now) } or words
end

local record = redis.pcall('HGETALL', KEYS[1])
if record.err then return not_read(record) end
if #record == 0 then return { 'missing', text(now) } end

local owner = {}
for at = 1, #record, 2 do
  if record[at] == 'S' then
    local key = key_of('g', record[at + 1])
    -- Where the slot is on its way to another node: good if both are here.
    if is_doubtful then redis.call('EXISTS', KEYS[1], key) end
    owner = redis.pcall('HGETALL', key)
    if owner.err then return not_read(owner) end
    break
  end
end

local reply = { 'found', text(now), text(#owner) }
for at = 1, #owner do reply[at + 3] = owner[at] end
local from = #reply
for at = 1, #record do reply[from + at] = record[at] end
return reply
`)
