/** What is kept of the trail can be found again, told in words, and taken away as a file. */
import { createServer, type ServerResponse } from 'node:http'
import { connect, type AddressInfo } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  auditId,
  AUDITED_EVENTS,
  type AuditRecord,
} from '../../../../library/src/telemetry/index.js'
import { waitFor } from '../../../../library/test/support/redis-server.js'
import { openDatabase } from '../../../src/account/database.js'
import { CSV_HEAD, csvLine, recordLine } from '../../../src/audit/csv.js'
import { createTrail, type Trail } from '../../../src/audit/trail.js'
import { databasePlaceOf } from '../../../src/database-place.js'
import { EVENT_GROUPS, eventWords } from '../../../src/page/console/event-words.js'
import { streamRecords, writeLines } from '../../../src/route/admin/record-export.js'

const MANY = 10_000

let trail: Trail
let close: () => Promise<void>
beforeAll(async () => {
  const file = ':memory:'
  const database = await openDatabase(
    await databasePlaceOf({ database: { file }, dataDir: '' } as never),
  )
  trail = createTrail(database)
  close = () => database.destroy()
  const records = Array.from({ length: MANY }, (_, index): AuditRecord => {
    const at = 1_000 + index
    const event = index % 2_500 === 0 ? 'refresh.reused' : 'session.started'
    return { id: auditId(at), at, event, outcome: 'success', path: '/x'.repeat(250) }
  })
  await trail.add(records)
})
afterAll(() => close())

describe('the trail', () => {
  it('several events are found newest first, rare ones beside frequent ones', async () => {
    const events = ['refresh.reused', 'session.started', 'signin.failed']
    const found = await trail.list({ limit: 3, events })
    expect(found.map(({ at }) => at)).toEqual([10_999, 10_998, 10_997])
    const rare = await trail.list({ limit: 10, events: ['refresh.reused', 'signin.failed'] })
    expect(rare.map(({ at }) => at)).toEqual([8_500, 6_000, 3_500, 1_000])
    expect(await trail.idAt({ events }, MANY)).toBe(undefined)
    expect(await trail.idAt({ events: ['refresh.reused'] }, 3)).toBe(rare[2]?.id)
  })
})

describe('an export', () => {
  /** A server that streams the trail, and how often it has read. */
  async function serve(over: Pick<Trail, 'list'> = trail) {
    let reads = 0
    const faults: unknown[] = []
    const counted: Pick<Trail, 'list'> = {
      list(page) {
        reads += 1
        return over.list(page)
      },
    }
    const server = createServer((_request, response: ServerResponse) => {
      const source = { trail: counted, wanted: {}, limit: MANY }
      streamRecords(response, source, writeLines).catch((error: unknown) => {
        faults.push(error)
        response.destroy()
      })
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as AddressInfo
    const stop = () => new Promise((resolve) => server.close(resolve))
    return { port, url: `http://127.0.0.1:${port}`, faults, stop, reads: () => reads }
  }

  it('holds every record once, in order, however many reads it takes', async () => {
    const { url, stop } = await serve()
    const lines = (await (await fetch(url)).text()).trim().split('\n')
    const instants = lines.map((line) => Date.parse((JSON.parse(line) as { at: string }).at))
    expect(instants).toEqual(Array.from({ length: MANY }, (_, index) => 10_999 - index))
    await stop()
  })

  it('reads no faster than it is taken, and no further once nobody is there', async () => {
    const { port, stop, reads, faults } = await serve()
    const socket = connect(port, '127.0.0.1')
    socket.pause()
    socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n')
    await waitFor('the first read', async () => reads() > 0)
    let before = -1
    await waitFor('reading to rest', async () => {
      const rests = reads() === before
      before = reads()
      await pause(rests ? 0 : 150)
      return rests
    })
    // All of them would be 21.
    expect(before).toBeLessThan(20)
    socket.destroy()
    await stop()
    await pause(50)
    expect(reads()).toBeLessThanOrEqual(before + 2)
    expect(faults).toEqual([])
  })

  it('a fault before the first record ends in the handler of errors, a later one breaks off', async () => {
    const away = () => Promise.reject(new Error('away'))
    const first = await serve({ list: away })
    await expect(fetch(first.url)).rejects.toThrow()
    expect(first.faults).toEqual([new Error('away')])
    await first.stop()
    const later = await serve({
      list: (page) => (page.before === undefined ? trail.list(page) : away()),
    })
    const read = async () => (await fetch(later.url)).text()
    await expect(read()).rejects.toThrow()
    await later.stop()
  })
})

describe('CSV', () => {
  it('takes no cell for a formula, and keeps to RFC 4180', () => {
    const cells = ['=1+1', '+1', '-1', '@x', '\tx', '\rx', 'a=b', 'a,b', 'say "x"', 'a\r\nb', '']
    expect(csvLine(cells)).toBe(`'=1+1,'+1,'-1,'@x,'\tx,"'\rx",a=b,"a,b","say ""x""","a\r\nb",\r\n`)
    const line = recordLine({
      ...{ id: '000000001-x', at: 0, event: 'signin.failed', outcome: 'failure' },
      ...{ agent: '=cmd()', details: { count: 3 } },
    })
    expect(line).toBe(
      `000000001-x,1970-01-01T00:00:00.000Z,signin.failed,failure,,,,,'=cmd(),,,,,"{""count"":3}"\r\n`,
    )
    expect(line.split(',')).toHaveLength(CSV_HEAD.split(',').length)
  })
})

describe('the words', () => {
  it('tell every event of the trail, and the name of one from a newer version', () => {
    for (const event of [...AUDITED_EVENTS, 'audit.dropped']) {
      expect(eventWords(event), event).not.toBe(event)
    }
    const wrong = eventWords('signin.failed', 'password_wrong')
    expect(wrong).toBe('A wrong password on a signed-in device')
    expect(eventWords('signin.failed', 'toString')).toBe(eventWords('signin.failed'))
    expect(eventWords('constructor')).toBe('constructor')
    for (const name of Object.values(EVENT_GROUPS).flat()) expect(AUDITED_EVENTS).toContain(name)
  })
})
