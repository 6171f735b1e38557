import { reading, type Script } from './script.js'

/**
 * The record and its subject's record as they are, at one instant. Judges nothing: what rests there may
 * be a tombstone, or nothing that makes sense; the reader sees. Reply: `found`, now, how many of the
 * following belong to the subject, those, the record's fields.
 */
export const READ: Script = reading(`
local record = redis.pcall('HGETALL', KEYS[1])
if record.err then return { 'corrupt', text(now) } end
if #record == 0 then return { 'missing', text(now) } end

local owner = {}
for at = 1, #record, 2 do
  if record[at] == 'S' then
    owner = redis.pcall('HGETALL', key_of('g', record[at + 1]))
    if owner.err then return { 'corrupt', text(now) } end
    break
  end
end

local reply = { 'found', text(now), text(#owner) }
for at = 1, #owner do reply[at + 3] = owner[at] end
local from = #reply
for at = 1, #record do reply[from + at] = record[at] end
return reply
`)
