import type { RedisConfig } from '../../config/config.js'
import { answer, type Finding } from '../finding.js'

/** Sends one command, word by word, on a connection to one server. */
export type SendCommand = (words: readonly string[]) => Promise<unknown>

/** A record of a usual session has this many fields, and its largest value this many bytes. */
const NEEDED = { entries: 64, bytes: 64 }
/** What the store does with a key of its own, and the rights it takes. */
const NEEDED_RIGHTS: readonly (readonly string[])[] = [
  ['EVAL', 'return 1', '1', 'KEY'],
  ['EVALSHA', '0'.repeat(40), '1', 'KEY'],
  ['HSET', 'KEY', 'a', 'b'],
  ['HGET', 'KEY', 'a'],
  ['HDEL', 'KEY', 'a'],
  ['ZADD', 'KEY', '1', 'a'],
  ['ZRANGE', 'KEY', '0', '1'],
  ['DEL', 'KEY'],
  ['UNLINK', 'KEY'],
  ['EXISTS', 'KEY'],
  ['PEXPIRE', 'KEY', '1'],
  ['PTTL', 'KEY'],
  ['TIME'],
  ['INFO'],
  ['PUBLISH', 'CHANNEL', 'a'],
]

/** What has to be asked of the server itself, on a connection of one's own. Changes nothing. */
export async function examineLive(
  send: SendCommand,
  redis: Pick<RedisConfig, 'keyPrefix' | 'isTls'>,
  isLocal: boolean,
): Promise<readonly Finding[]> {
  return [
    judgeTls(redis.isTls, isLocal),
    await examineListpacks(send),
    await examineRights(send, redis.keyPrefix),
  ]
}

function judgeTls(isTls: boolean, isLocal: boolean): Finding {
  const say = answer({
    id: 'store.tls',
    group: 'store',
    asvs: ['12.3.1'],
    box: 'redis',
    title: 'The way to Redis is encrypted',
  })
  if (isTls) return say.pass('TLS, and the certificate was verified')
  if (isLocal) return say.pass('no TLS, but it does not leave this machine')
  return say.fail('no TLS to a remote host', 'Use rediss:// (or REDIS_SSL=true).')
}

async function examineListpacks(send: SendCommand): Promise<Finding> {
  const say = answer({
    id: 'store.listpack',
    group: 'store',
    asvs: ['13.1.2'],
    title: 'Small sessions are kept in the compact form',
  })
  const [entries, bytes] = await Promise.all([
    setting(send, 'hash-max-listpack-entries'),
    setting(send, 'hash-max-listpack-value'),
  ])
  if (entries === undefined || bytes === undefined) {
    return say.skipped('CONFIG GET is not allowed, or the server has no such settings')
  }
  const seen = `hash-max-listpack-entries ${String(entries)}, hash-max-listpack-value ${String(bytes)}`
  if (entries >= NEEDED.entries && bytes >= NEEDED.bytes) return say.pass(seen)
  return say.warn(
    `${seen}: each session takes several times the memory.`,
    `Set them to ${String(NEEDED.entries)} and ${String(NEEDED.bytes)} or more; 128 bytes are better.`,
  )
}

async function setting(send: SendCommand, name: string): Promise<number | undefined> {
  try {
    const reply = await send(['CONFIG', 'GET', name])
    const value: unknown = Array.isArray(reply)
      ? reply[1]
      : (reply as Record<string, unknown> | null)?.[name]
    return value === undefined ? undefined : Number(value)
  } catch {
    return undefined
  }
}

async function examineRights(send: SendCommand, prefix: string): Promise<Finding> {
  const say = answer({
    id: 'store.rights',
    group: 'store',
    asvs: ['13.2.2'],
    title: 'The user of Redis has the rights that the store needs',
  })
  try {
    const user = String(await send(['ACL', 'WHOAMI']))
    const missing: string[] = []
    for (const command of NEEDED_RIGHTS) {
      const words = command.map((word) => filled(word, prefix))
      const reply = String(await send(['ACL', 'DRYRUN', user, ...words]))
      if (reply !== 'OK') missing.push(command[0] ?? '')
    }
    if (missing.length === 0) return say.pass(`user ${user} has all of them`)
    return say.fail(
      `user ${user} may not use ${missing.join(', ')}.`,
      'Give it the rights that docs/guide/redis.md lists.',
    )
  } catch {
    return say.skipped('ACL WHOAMI and ACL DRYRUN (Redis 7) are not allowed')
  }
}

function filled(word: string, prefix: string): string {
  if (word === 'KEY') return `${prefix}g{AA}doctor`
  return word === 'CHANNEL' ? `${prefix}changes` : word
}
