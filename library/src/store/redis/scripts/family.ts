/**
 * Builds on CLOCK. A family of refresh tokens as it rests: its seed's digest in `F`, and in `G` five numbers that
 * stay under 64 bytes, past which Redis doubles the record: generation, parent (0: none), rotatedAt,
 * expiresAt, isPresented; instants are milliseconds after `createdAt`. The reader is record-fields.ts.
 */
export const FAMILY = `
local function family_of(packed)
  local generation, parent, rotated, expires, presented =
    string.match(packed or '', '^(%d+) (%d+) (%-?%d+) (%-?%d+) ([01])$')
  if not generation then return nil end
  return {
    generation = tonumber(generation),
    parent = parent ~= '0' and tonumber(parent) or nil,
    rotated = tonumber(rotated),
    expires = tonumber(expires),
    presented = presented == '1',
  }
end

local function pack_family(family)
  return string.format('%.0f %.0f %.0f %.0f %d', family.generation, family.parent or 0,
    family.rotated, family.expires, family.presented and 1 or 0)
end

local function begin_family(seed_digest, age, lifetime)
  local packed = pack_family({ generation = 1, rotated = age, expires = age + lifetime })
  redis.call('HSET', KEYS[1], 'F', seed_digest, 'G', packed)
end

local function mark_presented(generation)
  local family = family_of(redis.call('HGET', KEYS[1], 'G'))
  if not family or family.generation ~= generation or family.presented then return end
  family.presented = true
  redis.call('HSET', KEYS[1], 'G', pack_family(family))
end
`
