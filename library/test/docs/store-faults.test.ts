import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { DEFAULTS } from '../../src/options.js'
import { StoreUnavailable } from '../../src/errors.js'
import { toRedisStoreSettings } from '../../src/store/redis/options.js'

const page = readFileSync(
  new URL('../../../docs/guide/store-faults.md', import.meta.url),
  'utf8',
).replaceAll(/ +/g, ' ')
const row = (what: string): string =>
  page.split('\n').find((line) => line.startsWith(`| ${what} |`)) ?? ''

describe('the page about faults of the store', () => {
  // That they hold is shown by the tests in library/test/fault, named after the rows of the fault matrix.
  it('ASVS 13.1.3: names every timeout, retry and back-off, with the values that hold', () => {
    const { lateAfter } = toRedisStoreSettings({ client: {} as never })
    expect(row('one command')).toContain(`${String(DEFAULTS.commandDeadline)} ms`)
    expect(row('circuit breaker')).toContain(`${String(DEFAULTS.failuresToOpen)} faults in a row`)
    expect(row('trying again while it is open')).toContain(
      `every ${String(DEFAULTS.probeEvery)} ms`,
    )
    expect(row('a write that Redis gets to late')).toContain(`${String(lateAfter / 1_000)} s`)
    expect(row('no reply at all while calls wait')).toContain(`(${String(lateAfter / 2)} ms)`)
    const { retryAfter } = new StoreUnavailable('away')
    expect(row('retries by people')).toContain(`\`Retry-After: ${String(retryAfter)}\``)
    expect(row('retries of a command')).toContain('none, but')
    expect(row('connecting anew: the service')).toContain('every 250 ms')
  })
})
