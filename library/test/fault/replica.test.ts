/** A server that was a primary and is a replica now: what it holds may be old, so nothing that it says is believed. */
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { createRedisStore } from '../../src/store/redis/index.js'
import { freePort, startRedis, waitFor, type RedisServer } from '../support/redis-server.js'
import { CLIENTS, startApp, type App, type Connect, type Person } from './app.js'
import { expectUnavailable, howLongUntil, watchFaults, type Watch } from './support.js'

/** From a replica, all of these would look fine. */
async function expectNobodyIsBelieved({ app, person, watch }: Scene): Promise<void> {
  const { web, name, tokens } = person
  const asked = [
    await watch.ask('look', () => web.get('/me'), name),
    await watch.ask('write', () => web.post('/write', { late: true }), name),
    await watch.ask('sign in', () => app.visitor().post('/login', { name: 'late' })),
    await watch.ask('sign out', () => web.post('/logout'), name),
    await watch.ask('refresh', () =>
      app.visitor().post('/auth/refresh', { refreshToken: tokens.refreshToken }),
    ),
  ]
  for (const answer of asked) expectUnavailable(answer)
  const open = await watch.ask('public', () => web.get('/public'), name)
  expect([open.status, JSON.parse(open.body), open.cookies]).toEqual([200, { subject: null }, []])
  await expect(app.sojourn.check()).rejects.toThrow(/READONLY|not asked|not connected/)
}

interface Scene {
  readonly app: App
  readonly watch: Watch
  /** Whose session is ended on the primary. */
  readonly person: Person
  readonly other: Person
}

/** An address whose owner changes, as a name or a virtual address does: connections that are there stay. */
async function startAddress(first: number) {
  let target = first
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    const inner = connect(target, '127.0.0.1')
    for (const [from, to] of [
      [socket, inner],
      [inner, socket],
    ] as const) {
      sockets.add(from)
      from.on('error', () => undefined).on('close', () => to.destroy())
      from.pipe(to)
    }
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    port: (server.address() as AddressInfo).port,
    lead(port: number) {
      target = port
    },
    close() {
      for (const socket of sockets) socket.destroy()
      server.close()
    },
  }
}

async function isInSync(replica: RedisServer): Promise<boolean> {
  return (await replica.cli('info', 'replication')).includes('master_link_status:up')
}

/** Ends somebody's session on the server, past the application. */
async function endOn(server: RedisServer, connectTo: Connect, subject: string): Promise<void> {
  const { client, close } = await connectTo(server.port)
  expect((await createRedisStore({ client }).endAll(subject, 'revoked_admin')).count).toBe(1)
  close()
}

const subjectOf = async ({ web }: Person): Promise<unknown> => {
  const { body } = await web.get('/public')
  return (JSON.parse(body) as { subject: unknown }).subject
}

async function setScene(port: number, connectTo: Connect): Promise<Scene> {
  const watch = watchFaults()
  const app = await startApp(await connectTo(port))
  return { app, watch, person: await app.signIn('ann'), other: await app.signIn('bob') }
}

describe.each(CLIENTS)('a server that became a replica, with %s', (_, connectTo) => {
  it('fault F8: signs nobody in, though it knows the session; the new primary is found at once, and the server itself is good again once promoted', async () => {
    const [old, fresh] = await Promise.all([startRedis(), startRedis()])
    const sync = ['repl-diskless-sync-delay', '0'] as const
    for (const one of [old, fresh]) await one.cli('config', 'set', ...sync)
    const address = await startAddress(old.port)
    const scene = await setScene(address.port, connectTo)
    const { app, watch, person, other } = scene
    const cookies = [person.web.cookie, other.web.cookie]
    await fresh.cli('replicaof', '127.0.0.1', String(old.port))
    await waitFor('the replica to follow', () => isInSync(fresh))

    // A failover by hand; the old primary hears nothing of the new one, so it goes on knowing what was.
    const nobody = String(await freePort())
    await old.cli('replicaof', '127.0.0.1', nobody)
    await fresh.cli('replicaof', 'no', 'one')
    await endOn(fresh, connectTo, 'ann')
    await expectNobodyIsBelieved(scene)
    expect(app.told.some(({ event }) => JSON.stringify(event).includes('READONLY'))).toBe(true)

    // The address leads to the new primary now; the connection still to the old one.
    address.lead(fresh.port)
    const isBack = async (): Promise<boolean> => (await subjectOf(other)) === 'bob'
    expect(await howLongUntil(isBack, 5_000)).toBeLessThan(2_000)
    const ended = await watch.ask('look', () => person.web.get('/me'), 'ann')
    expect([ended.status, ended.body]).toEqual([401, expect.stringContaining('session_ended')])
    expect((await other.web.post('/write', { after: true })).status).toBe(200)
    await app.sojourn.check()

    // And where the server in use is made a replica, and is promoted again.
    await fresh.cli('replicaof', '127.0.0.1', nobody)
    await expectNobodyIsBelieved({ ...scene, person: other })
    await pause(300)
    await fresh.cli('replicaof', 'no', 'one')
    expect(await howLongUntil(isBack, 5_000)).toBeLessThan(2_000)
    expect((await other.web.post('/write', { again: true })).status).toBe(200)
    expect(other.web.cookie).toBe(cookies[1])

    await app.close()
    address.close()
    await Promise.all([old.stop(), fresh.stop()])
    await watch.stop()
  })
})
