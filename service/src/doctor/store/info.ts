import type { StoreHealth } from 'sojourn'
import { HEALTH_FIELDS } from 'sojourn/redis'
import type { SendCommand } from '../../redis/client.js'

/** Lines of INFO that only people look at, by the name under which they are shown. */
const MORE_FIELDS = { opsPerSecond: 'instantaneous_ops_per_sec' } as const

/** What one server tells of itself, as far as the user may ask, under the names that a store's own check gives it. */
export async function readInfo(send: SendCommand): Promise<StoreHealth['details']> {
  const [text, clock] = await Promise.all([
    send(['INFO']).catch(() => ''),
    send(['TIME']).catch(() => undefined),
  ])
  const lines = new Map(
    String(text)
      .split('\r\n')
      .map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1)]),
  )
  const told = Object.entries({ ...HEALTH_FIELDS, ...MORE_FIELDS }).flatMap(([name, field]) => {
    const value = lines.get(field)
    if (value === undefined) return []
    return [[name, /^\d{1,15}$/.test(value) ? Number(value) : value] as const]
  })
  const time = Array.isArray(clock) ? { time: Number(clock[0]) * 1_000 } : {}
  return { ...Object.fromEntries(told), ...keysOf(lines), ...replicasOf(lines), ...time }
}

type Told = Readonly<Record<string, number>>

/** `db0:keys=3,expires=3,…`, for each database that is not empty. */
function keysOf(lines: ReadonlyMap<string, string>): Told {
  if (!lines.has('redis_version')) return {}
  const counts = [...lines].flatMap(([name, value]) =>
    /^db\d+$/.test(name) ? [numberIn(value, 'keys')] : [],
  )
  return { keys: counts.reduce((sum, count) => sum + count, 0) }
}

/** `slave0:ip=…,port=…,state=online,offset=1234,lag=0`: how far the one that is furthest behind has read. */
function replicasOf(lines: ReadonlyMap<string, string>): Told {
  const replicas = [...lines].flatMap(([name, value]) => (/^slave\d+$/.test(name) ? [value] : []))
  if (replicas.length === 0) return {}
  return {
    replicaOffset: Math.min(...replicas.map((value) => numberIn(value, 'offset'))),
    replicaSilence: Math.max(...replicas.map((value) => numberIn(value, 'lag'))),
  }
}

function numberIn(facts: string, name: string): number {
  return Number(new RegExp(`(?:^|,)${name}=(\\d+)`).exec(facts)?.[1] ?? 0)
}
