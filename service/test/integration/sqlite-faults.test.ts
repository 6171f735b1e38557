/** What people see of a database file that somebody else has locked, or that may only be read. */
import { chmodSync, chownSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { userInfo } from 'node:os'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { waitFor } from '../../../library/test/support/redis-server.js'
import { findSqliteDriver } from '../../../library/src/store/sqlite/index.js'
import type { Answer, Client } from '../support/client.js'
import { startService, temporaryFolder, type Service } from '../support/service.js'

const PASSWORD = 'correct horse battery 9'
const LOGIN = { username: 'ada', password: PASSWORD }

function expectDenied(answer: Answer, within = 1_000): void {
  expect(answer.status).toBe(503)
  expect(answer.headers['retry-after']).toBe('1')
  expect(answer.cookies).toEqual([])
  expect(answer.milliseconds).toBeLessThan(within)
}

const isSignedIn = async (client: Client): Promise<boolean> =>
  (await client.get('/dashboard')).status === 200

describe('a file that another process has locked', () => {
  let service: Service
  let client: Client
  /** Takes the lock of a file in the data folder, and answers how to give it back. */
  let lock: (name: string) => () => void

  beforeEach(async () => {
    service = await startService()
    client = service.client()
    await client.post('/register', LOGIN)
    const { DatabaseSync } = await findSqliteDriver()
    lock = (name) => {
      const database = new DatabaseSync(join(service.dataDir, name))
      database.exec('BEGIN EXCLUSIVE')
      return () => {
        database.exec('ROLLBACK')
        database.close()
      }
    }
  })
  afterEach(() => service[Symbol.asyncDispose]())

  it('of sessions: who is in stays in, what has to be written is refused within a second, and all is well afterwards', async () => {
    const cookie = client.cookie
    const unlock = lock('sessions.db')
    expect(await isSignedIn(client)).toBe(true)
    expect((await client.get('/session')).status).toBe(200)
    const asked = [
      client.patch('/session', { late: true }),
      client.post('/logout'),
      client.post('/logout-all'),
      client.post('/reauthenticate', { password: PASSWORD }),
      service.client().post('/login', LOGIN),
      service.client().form('/login', LOGIN),
      service.client().post('/register', { username: 'grace', password: PASSWORD }),
    ]
    for (const answer of await Promise.all(asked)) expectDenied(answer)
    // The front page counts nobody, and is there.
    const home = await service.client().page('/')
    expect([home.status, home.cookies]).toEqual([200, []])
    expect(client.cookie).toBe(cookie)

    unlock()
    await waitFor('the circuit to close', () => isSignedIn(client))
    expect((await client.get('/session')).json().data).toEqual({})
    expect((await service.client().post('/login', LOGIN)).status).toBe(200)
    expect((await client.post('/logout')).status).toBe(200)
    expect(await isSignedIn(client)).toBe(false)
  })

  it('of accounts: nobody new can register, everybody else goes on', async () => {
    const unlock = lock('sojourn.db')
    const grace = { username: 'grace', password: PASSWORD }
    // The hash of the password comes on top of the wait for the lock.
    const within = 1_500
    expectDenied(await service.client().post('/register', grace), within)
    const change = { currentPassword: PASSWORD, newPassword: 'another horse battery 9' }
    expectDenied(await client.post('/password', change), within)
    expect(await isSignedIn(client)).toBe(true)
    expect((await service.client().post('/login', LOGIN)).status).toBe(200)
    unlock()
    expect((await service.client().post('/register', grace)).status).toBe(201)
    expect((await service.client().post('/login', LOGIN)).status).toBe(200)
  })
})

describe('a file that may only be read', () => {
  /** The superuser may write to anything, so the service has to be somebody else. */
  const isRoot = userInfo().uid === 0
  const NOBODY = 65_534
  const through = isRoot
    ? ['setpriv', `--reuid=${NOBODY}`, `--regid=${NOBODY}`, '--clear-groups']
    : []

  function setMode(folder: string, mode: number): void {
    for (const name of readdirSync(folder).filter((file) => file.startsWith('sessions.db'))) {
      chmodSync(join(folder, name), mode)
    }
  }

  it('lets people look, refuses what has to be written, and can be made good again', async () => {
    const dataDir = temporaryFolder()
    if (isRoot) chownSync(dataDir, NOBODY, NOBODY)
    await using service = await startService({}, { dataDir, through })
    const client = service.client()
    await client.post('/register', LOGIN)
    await service.stop()
    setMode(dataDir, 0o444)
    await service.restart()
    expect(await isSignedIn(client)).toBe(true)
    expect((await client.get('/sessions')).json()).toHaveLength(1)
    const cookie = client.cookie
    expectDenied(await service.client().post('/login', LOGIN))
    expectDenied(await client.patch('/session', { late: true }))
    expectDenied(await client.post('/logout'))
    expect(client.cookie).toBe(cookie)
    setMode(dataDir, 0o600)
    await service.restart()
    expect((await client.patch('/session', { late: false })).status).toBe(200)
    expect((await client.post('/logout')).status).toBe(200)
  })
})

describe('every file', () => {
  it('is for the service alone', async () => {
    const dataDir = temporaryFolder()
    chmodSync(dataDir, 0o755)
    await using service = await startService({}, { dataDir })
    await service.client().post('/register', LOGIN)
    const names = readdirSync(dataDir)
    expect(names.length).toBeGreaterThan(4)
    for (const name of names) {
      expect([name, statSync(join(dataDir, name)).mode & 0o077]).toEqual([name, 0])
    }
  })
})
