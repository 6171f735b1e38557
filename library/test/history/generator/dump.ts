import type { Dump } from '../history.js'
import type { RedisServer } from '../../support/redis-server.js'

type Rests = Pick<Dump, 'live' | 'indexed'>

/**
 * Reads records and index of the library below it, with another program: a line each, `live` or `entry`, id, subject.
 * A record of an older epoch than its subject's is not live, nor is one that ran out.
 */
const SOJOURN = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local lines = {}
local function line(...) lines[#lines + 1] = table.concat({ ... }, ' ') end
for _, key in ipairs(redis.call('KEYS', 'sj:s{*}*')) do
  local bucket, id = string.match(key, '^sj:s{(..)}(.*)$')
  local f = redis.call('HMGET', key, 'C', 'T', 'I', 'X', 'S', 'K', 'E')
  if f[1] and f[5] and not f[6] then
    local owner = redis.call('HMGET', 'sj:g{' .. bucket .. '}' .. f[5], 'E', 'D')
    local isOfNow = tonumber(f[7] or '0') >= tonumber(owner[1] or '0') and owner[2] ~= '1'
    local expiry = f[1] + math.min(f[2] + f[3], f[4])
    if isOfNow and expiry > now then line('live', bucket .. '.' .. id, f[5]) end
  end
end
for _, key in ipairs(redis.call('KEYS', 'sj:u{*}*')) do
  local bucket, subject = string.match(key, '^sj:u{(..)}(.*)$')
  for _, id in ipairs(redis.call('ZRANGEBYSCORE', key, '(' .. now, '+inf')) do
    line('entry', bucket .. '.' .. id, subject)
  end
end
return lines
`

const EXPRESS_SESSION = `
local lines = {}
for _, key in ipairs(redis.call('KEYS', 'sess:*')) do
  local user = cjson.decode(redis.call('GET', key)).user
  if user then lines[#lines + 1] = 'live ' .. string.sub(key, 6) .. ' ' .. user end
end
return lines
`

/** What rests on all of these servers. */
export async function dumpRedis(
  servers: readonly RedisServer[],
  app: 'sojourn' | 'express-session',
): Promise<Rests> {
  const script = app === 'sojourn' ? SOJOURN : EXPRESS_SESSION
  const texts = await Promise.all(servers.map((server) => server.cli('eval', script, '0')))
  const rows = texts.flatMap((text) => text.split('\n')).map((line) => line.split(' '))
  const all = (kind: string): { id: string; subject: string }[] =>
    rows.flatMap(([word, id = '', subject = '']) => (word === kind ? [{ id, subject }] : []))
  return { live: all('live'), indexed: app === 'sojourn' ? all('entry') : null }
}
