import type { StoreHealth } from 'sojourn'
import type { RedisConfig } from '../../config/config.js'
import { askServer } from '../../redis/client.js'
import type { RedisPart } from '../../redis/servers.js'
import { answer, type Finding } from '../finding.js'
import { readInfo } from './info.js'
import { examineListpacks, readFlushing } from './live.js'
import { examineRights } from './rights.js'

/** What one server said, or why it said nothing. */
export interface Heard {
  /** `host:port` */
  readonly name: string
  readonly role: RedisPart['role']
  readonly details: StoreHealth['details']
  /** What had to be asked of it beside INFO. */
  readonly findings: readonly Finding[]
  readonly fault: string | undefined
}

/** Asks every server of a Redis for itself. Changes nothing. */
export async function hearAll(
  redis: RedisConfig,
  parts: readonly RedisPart[],
): Promise<readonly Heard[]> {
  return Promise.all(parts.map((part) => hear(redis, part)))
}

async function hear(redis: RedisConfig, part: RedisPart): Promise<Heard> {
  const about = { name: `${part.host}:${String(part.port)}`, role: part.role }
  try {
    return await askServer(redis, part, async (send) => ({
      ...about,
      details: { ...(await readInfo(send)), ...(await readFlushing(send)) },
      findings: [await examineListpacks(send), await examineRights(send, redis)],
      fault: undefined,
    }))
  } catch (error) {
    const fault = error instanceof Error ? error.message : 'unknown fault'
    return { ...about, details: {}, findings: [], fault: fault === '' ? 'no connection' : fault }
  }
}

/** Which servers there are, and whether each of them could be asked. */
export function judgeServers(heard: readonly Heard[], topology: RedisConfig['topology']): Finding {
  const say = answer({
    id: 'store.servers',
    group: 'store',
    asvs: ['13.1.2'],
    title: 'Every server that holds sessions answers, in its role',
  })
  const silent = heard.filter(({ fault }) => fault !== undefined)
  if (silent.length > 0) {
    const names = silent.map(({ name, fault }) => `${name} (${fault ?? ''})`)
    return say.warn(
      `${String(silent.length)} of ${String(heard.length)} could not be asked: ${names.join(', ')}.`,
      'Start them, or open the way to them: what they would do after a failover is unknown.',
    )
  }
  if (topology === 'single' && heard.some(({ details }) => details['role'] === 'slave')) {
    return say.fail(
      'it is a replica, and refuses every write.',
      'Name the primary, or the Sentinels that know it.',
    )
  }
  const count = (wanted: RedisPart['role']): string =>
    String(heard.filter(({ role }) => role === wanted).length)
  return say.pass(
    topology === 'single'
      ? 'one server'
      : `${count('primary')} primaries, ${count('replica')} replicas`,
  )
}
