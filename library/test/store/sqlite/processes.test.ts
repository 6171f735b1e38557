import { chmodSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import type { Store } from '../../../src/store/store.js'
import { prepareChildren, type Child } from './children.js'
import { inPlace, start, type Place } from './support.js'

const run = prepareChildren()

/** This machine may be busy with other things: how long a lock is waited for is tested in faults.test.ts. */
const options = { busyTimeout: 10_000 }

async function valueOf(store: Store, id: string): Promise<string | undefined> {
  const result = await store.read(id)
  return result.status === 'found' ? result.record.data.get('n')?.json : result.status
}

describe('two processes on one file', () => {
  it('lose none of 2 x 1000 increments', () =>
    inPlace(async (place) => {
      const store = await place.open(options)
      const id = await start(store)
      const parameters = { file: place.file, options, id, times: 1_000 }
      await Promise.all([run('increment', parameters).done, run('increment', parameters).done])
      expect(await valueOf(store, id)).toBe('2000')
    }))

  it('leave exactly one session after 2 x 500 sign-ins with a limit of one', () =>
    inPlace(async (place) => {
      const store = await place.open(options)
      const parameters = { file: place.file, options, times: 500 }
      const lines = await Promise.all([
        run('create', parameters).done,
        run('create', parameters).done,
      ])
      const said = lines.flat() as { created: string; evicted: string[] }[]
      const live = (await store.list('ann', { limit: 100 })).records.map(({ id }) => id)
      const evicted = said.flatMap((line) => line.evicted)
      expect(live).toHaveLength(1)
      expect(said).toHaveLength(1_000)
      expect(new Set([...evicted, ...live])).toEqual(new Set(said.map(({ created }) => created)))
      expect(evicted).toHaveLength(999)
    }))

  it('read, and refuse to write, a file that this user may only read', () =>
    inPlace(async (place) => {
      const store = await place.open(options)
      const id = await start(store)
      chmodSync(place.folder, 0o555)
      for (const end of ['', '-wal', '-shm']) chmodSync(place.file + end, 0o444)
      // Permissions do not stop root, so as root the child is somebody else.
      const isRoot = process.getuid?.() === 0
      const nobody = isRoot ? { uid: 65_534, gid: 65_534 } : {}
      const [said] = await run('probe', { file: place.file, id }, nobody).done
      expect(said).toEqual({
        read: 'found',
        change: 'StoreUnavailable',
        create: 'StoreUnavailable',
        end: 'StoreUnavailable',
        readAgain: 'found',
        isWritable: false,
      })
      chmodSync(place.folder, 0o755)
    }))
})

/** What a child said last of each session. */
interface Answered {
  did: string
  n: number
}

function answersOf(children: readonly Child[]): Map<string, Answered> {
  const answers = new Map<string, Answered>()
  for (const line of children.flatMap((child) => child.lines)) {
    const { id, did, n } = line as { id: string; did: string; n?: number }
    answers.set(id, { did, n: n ?? answers.get(id)?.n ?? 0 })
  }
  return answers
}

/** Lets children write, kills them in the middle of it, and gives what they had been answered. */
async function killWhileWriting(place: Place, count: number): Promise<Map<string, Answered>> {
  const children = Array.from({ length: count }, () => run('work', { file: place.file, options }))
  while (children.some((child) => child.lines.length < 20)) {
    const isRunning = children.every((child) => child.process.exitCode === null)
    if (!isRunning) await Promise.all(children.map((child) => child.done))
    await pause(5)
  }
  await pause(Math.random() * 50)
  for (const child of children) child.process.kill('SIGKILL')
  await Promise.all(children.map((child) => child.gone))
  return answersOf(children)
}

async function expectKept(store: Store, answers: Map<string, Answered>): Promise<void> {
  expect(answers.size).toBeGreaterThan(0)
  for (const [id, { did, n }] of answers) {
    const result = await store.read(id)
    // What was under way when the process died may have happened, or not.
    if (result.status === 'ended') {
      expect(did === 'ended' || n === 4, `${id} was ended after ${did}`).toBe(true)
      continue
    }
    expect(did, `${id} is ${result.status} after its end was answered`).not.toBe('ended')
    expect(result.status).toBe('found')
    const kept = result.status === 'found' ? (result.record.data.get('n')?.json ?? '0') : ''
    expect([n, n + 1], `increments of ${id}`).toContain(Number(kept))
  }
}

async function survivesKilling(place: Place): Promise<void> {
  const all = new Map<string, Answered>()
  for (let round = 0; round < 10; round += 1) {
    for (const [id, answered] of await killWhileWriting(place, 2)) all.set(id, answered)
    const store = await place.open(options)
    await expectKept(store, all)
    await store.close()
    const check = place.raw().prepare('PRAGMA integrity_check').all()
    expect(check).toEqual([{ integrity_check: 'ok' }])
  }
}

async function isSharedByWorkers(place: Place): Promise<void> {
  const store = await place.open(options)
  const id = await start(store)
  await run('cluster', { file: place.file, options, id, times: 200, workers: 3 }).done
  expect(await valueOf(store, id)).toBe('600')
}

interface Hour {
  readonly hour: number
  readonly heap: number
  readonly fileBytes: number
  readonly logBytes: number
}

/** Tombstones stand for a day: what is held grows through the first, and must not after it. */
async function staysBounded(place: Place): Promise<void> {
  const parameters = { file: place.file, hours: 75, perMinute: 4 }
  const lines = await run('churn', parameters, { execArgv: ['--expose-gc'] }).done
  const hours = lines as readonly Hour[]
  expect(hours).toHaveLength(75)
  const most = (from: number, to: number, what: keyof Hour): number =>
    Math.max(...hours.slice(from, to).map((hour) => hour[what]))
  expect(most(51, 75, 'fileBytes')).toBeLessThanOrEqual(most(27, 51, 'fileBytes') * 1.02)
  expect(most(51, 75, 'heap')).toBeLessThanOrEqual(most(2, 27, 'heap') * 1.1)
  expect(most(0, 75, 'logBytes')).toBeLessThan(16 * 1_024 * 1_024)
}

describe('a file over its life', () => {
  it('behaviour 38a: it survives kill -9 ten times, is shared by cluster workers, and it and the memory stay bounded over 24 h of churn', async () => {
    await inPlace(survivesKilling)
    await inPlace(isSharedByWorkers)
    await inPlace(staysBounded)
  }, 120_000)
})
