import { createMemoryStore } from 'sojourn'
import { createMetrics } from 'sojourn/telemetry'
import { expect, it } from 'vitest'
import { createLogger } from '../../../src/log/index.js'
import { lookAtSecrets } from '../../../src/secret-ages.js'
import { load, newSecret, production } from '../config/support.js'

const DAY = 86_400_000

it('ASVS 13.3.4: the age of each secret in use is shown, and one that is due is warned of', async () => {
  const store = createMemoryStore()
  const environment = production()
  let now = Date.now()
  const look = async (changes: Record<string, string> = {}) => {
    const metrics = createMetrics()
    const lines: string[] = []
    const log = createLogger({ destination: { write: (line) => void lines.push(line) } })
    const config = load({ ...environment, ...changes })
    await lookAtSecrets({ config, documents: store, metrics, log, now: () => now })
    const ages = [
      ...metrics.text().matchAll(/^sojourn_secret_age_seconds\{secret="(\w+)"\} (\d+)$/gm),
    ]
    return {
      ages: Object.fromEntries(ages.map(([, name, age]) => [name, Number(age) / 86_400])),
      due: lines.filter((line) => line.includes('"event":"secret.old"')),
    }
  }
  expect((await look()).ages).toEqual({ SESSION_SECRET: 0, REFRESH_SECRET: 0, JWT_SECRET: 0 })
  now += 364 * DAY
  const old = await look()
  expect(old.ages).toEqual({ SESSION_SECRET: 364, REFRESH_SECRET: 364, JWT_SECRET: 364 })
  expect(old.due).toEqual([])
  now += 2 * DAY
  const due = await look()
  expect(due.due).toHaveLength(3)
  expect(due.due[0]).toContain('SESSION_SECRET is 366 days old: put a new one in front of it')

  const SESSION_SECRET = `${newSecret()},${environment.SESSION_SECRET}`
  const rotated = await look({ SESSION_SECRET })
  expect(rotated.ages).toEqual({ SESSION_SECRET: 0, REFRESH_SECRET: 366, JWT_SECRET: 366 })
  expect(rotated.due).toHaveLength(2)

  const kept = (await store.readDocument('secret-ages'))?.text ?? ''
  for (const name of ['SESSION_SECRET', 'REFRESH_SECRET', 'JWT_SECRET'] as const) {
    expect(kept).not.toContain(environment[name])
    expect(due.due.join('')).not.toContain(environment[name])
  }
})
