import type { StoreHealth } from 'sojourn'
import { HEALTH_FIELDS } from 'sojourn/redis'
import type { SendCommand } from '../../redis/client.js'

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
  const told = Object.entries(HEALTH_FIELDS).flatMap(([name, field]) => {
    const value = lines.get(field)
    if (value === undefined) return []
    return [[name, /^\d{1,15}$/.test(value) ? Number(value) : value] as const]
  })
  const time = Array.isArray(clock) ? { time: Number(clock[0]) * 1_000 } : {}
  return { ...Object.fromEntries(told), ...time }
}
