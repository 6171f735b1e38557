import { reading, writing, type Script } from './script.js'
import { TELL } from './snippets.js'

/**
 * A document is a hash: its text in `T`, its revision in `R`. It rests for 400 days after the last write or
 * read; reads put that off by whole days, so that most of them write nothing.
 */
const DOCUMENT = `
local DAY = 86400000
local KEPT_FOR = 400 * DAY

local function revision_of(value)
  if value and not whole(value) then error('WRONGTYPE the document is unreadable') end
  return whole(value) or 0
end
`

/** Reply: `document`, now, and its revision and text where there is one. Where nothing can be written, its end is not put off. */
export const READ_DOCUMENT: Script = reading(
  DOCUMENT,
  `
local field = redis.call('HMGET', KEYS[1], 'R', 'T')
local revision = revision_of(field[1])
if revision == 0 then return { 'document', text(now) } end
if redis.call('PTTL', KEYS[1]) < KEPT_FOR - DAY then
  redis.pcall('PEXPIRE', KEYS[1], text(KEPT_FOR))
end
return { 'document', text(now), text(revision), field[2] }
`,
)

/** Arguments: 5 the revision it must have (0: none), 6 the text. Reply: `written`, now, revision; or `superseded`. */
export const WRITE_DOCUMENT: Script = writing(
  TELL,
  DOCUMENT,
  `
local revision = revision_of(redis.call('HGET', KEYS[1], 'R'))
if revision ~= tonumber(ARGV[5]) then return { 'superseded', text(now) } end
redis.call('HSET', KEYS[1], 'R', text(revision + 1), 'T', ARGV[6])
redis.call('PEXPIRE', KEYS[1], text(KEPT_FOR))
tell('k ' .. name)
return { 'written', text(now), text(revision + 1) }
`,
)
