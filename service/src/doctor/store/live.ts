import type { RedisConfig } from '../../config/config.js'
import type { SendCommand } from '../../redis/client.js'
import { answer, type Finding } from '../finding.js'

/** A record of a usual session has this many fields, and its largest value this many bytes. */
const NEEDED = { entries: 64, bytes: 64 }

/** Whether anybody on the way can read what is sent. */
export function judgeTls({ isTls, nodes }: Pick<RedisConfig, 'isTls' | 'nodes'>): Finding {
  const say = answer({
    id: 'store.tls',
    group: 'store',
    asvs: ['12.3.1'],
    box: 'redis',
    title: 'The way to Redis is encrypted',
  })
  if (isTls) return say.pass('TLS, and the certificate was verified')
  const isLocal = nodes.every(({ host }) => /^(?:localhost$|127\.|::1$)/.test(host))
  if (isLocal) return say.pass('no TLS, but it does not leave this machine')
  return say.fail('no TLS to a remote host', 'Use rediss:// (or REDIS_SSL=true).')
}

/** Whether one server keeps small sessions as small as it can. */
export async function examineListpacks(send: SendCommand): Promise<Finding> {
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

/** How often the log of writes is flushed to the disk (`appendfsync`), where the user may ask. */
export async function readFlushing(send: SendCommand): Promise<{ appendFsync?: string }> {
  const value = await textSetting(send, 'appendfsync')
  return value === undefined ? {} : { appendFsync: value }
}

async function setting(send: SendCommand, name: string): Promise<number | undefined> {
  const value = await textSetting(send, name)
  return value === undefined ? undefined : Number(value)
}

async function textSetting(send: SendCommand, name: string): Promise<string | undefined> {
  try {
    const reply = await send(['CONFIG', 'GET', name])
    const value: unknown = Array.isArray(reply) ? reply[1] : undefined
    return typeof value === 'string' ? value : undefined
  } catch {
    return undefined
  }
}
