import { TRAITS } from '../../record.js'
import { OWN_FIELDS } from '../record-fields.js'

const NAMES: readonly string[] = [...Object.values(OWN_FIELDS), ...Object.values(TRAITS)]

/** All fields of a record but its data, appended to a reply as names and values. */
export const FIELDS: string = `
local NAMES = { ${NAMES.map((name) => `'${name}'`).join(', ')} }

local function fields_of(id, reply)
  local values = redis.call('HMGET', key_of('s', id), unpack(NAMES))
  for at = 1, #NAMES do
    if values[at] then
      reply[#reply + 1] = NAMES[at]
      reply[#reply + 1] = values[at]
    end
  end
  return reply
end
`
