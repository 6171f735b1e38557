/** The service on a Redis that is more than one server, or asks who calls: all that differs are variables. */
import { randomBytes } from 'node:crypto'
import { afterAll, describe, expect, it } from 'vitest'
import type { Client } from '../support/client.js'
import { bearing, PASSWORD, refresh, register, signIn } from '../support/tokens.js'
import { startService, type Environment, type Service } from '../support/service.js'
import {
  startClusterTopology,
  startSentinelTopology,
  startTlsTopology,
  type Topology,
} from '../support/topologies.js'

const ADMIN_TOKEN = randomBytes(32).toString('base64url')

/** Whatever was opened, closed in reverse. */
const opened: (() => Promise<unknown>)[] = []
afterAll(async () => {
  for (const close of opened.splice(0).reverse()) await close()
})

async function open<Kind extends Topology>(start: () => Promise<Kind>) {
  const topology = await start()
  opened.push(() => topology.stop())
  const environment: Environment = { ...topology.environment, ADMIN_TOKEN }
  const service = await startService(environment)
  opened.push(() => service[Symbol.asyncDispose]())
  return { topology, service }
}

const isSignedIn = async (client: Client): Promise<boolean> =>
  (await client.get('/dashboard')).status === 200

/** What a person and an administrator do, all the way through. */
async function walk(service: Service, username: string): Promise<void> {
  const [laptop, phone] = [service.client(), service.client()]
  await register(laptop, username)
  expect((await laptop.get('/dashboard')).json()).toMatchObject({ user: { username } })
  await laptop.patch('/session', { theme: 'dark' })
  expect((await laptop.get('/session')).json().data).toEqual({ theme: 'dark' })

  const first = await signIn(phone, username, { deliver: 'token' })
  const second = (await refresh(phone, first.refreshToken)).json()
  expect((await phone.get('/dashboard', bearing(second.accessToken))).status).toBe(200)
  const tablet = service.client()
  await signIn(tablet, username)

  const devices = (await laptop.get('/sessions')).json<{ id: string; current: boolean }[]>()
  expect(devices).toHaveLength(3)
  const { id } = (await tablet.get('/session')).json()
  expect((await laptop.delete(`/sessions/${id}`)).json()).toEqual({ success: true, id })
  expect((await tablet.get('/dashboard')).json()).toMatchObject({ reason: 'logged_out_elsewhere' })

  const admin = { headers: { Authorization: `Bearer ${ADMIN_TOKEN}` } }
  const { id: subject } = (await laptop.get('/profile')).json().user
  const seen = await service.client().get(`/admin/users/${subject}/sessions`, admin)
  expect([seen.status, seen.json().sessions.length]).toEqual([200, 2])

  expect((await laptop.post('/logout-all')).json()).toMatchObject({ count: 2 })
  expect(await isSignedIn(laptop)).toBe(false)
  expect((await phone.get('/dashboard', bearing(second.accessToken))).status).toBe(401)
  expect((await refresh(phone, second.refreshToken)).status).toBe(400)

  const back = service.client()
  await signIn(back, username)
  await service.client().post(`/admin/users/${subject}/end-sessions`, undefined, admin)
  expect((await back.get('/dashboard')).json()).toMatchObject({ reason: 'revoked_admin' })
  const wrong = await service.client().post('/login', { username, password: `${PASSWORD}!` })
  expect(wrong.status).toBe(401)
  expect((await service.client().get('/health/ready')).status).toBe(200)
}

describe('the service on a cluster of 3 primaries and 3 replicas', () => {
  it('is told the address of one node, and does all it does elsewhere', async () => {
    const { topology, service } = await open(startClusterTopology)
    for (let person = 0; person < 4; person += 1) await walk(service, `ada${String(person)}`)
    for (const node of topology.primaries) {
      expect(Number(await node.cli('dbsize'))).toBeGreaterThan(0)
    }
  }, 60_000)
})

describe('the service behind Sentinels', () => {
  it('finds the primary by those that were named, with their password, and does all it does elsewhere', async () => {
    const { topology, service } = await open(startSentinelTopology)
    await walk(service, 'ada')
    expect(await topology.primaries[0]?.cli('info', 'keyspace')).toMatch(/^db3:keys=\d+/m)
  }, 60_000)
})

describe('the service with a Redis that asks who calls', () => {
  it('behaviour 18c: does all it does elsewhere over TLS, with a certificate, as a user without KEYS, SCAN, CONFIG and INFO', async () => {
    const { topology, service } = await open(startTlsTopology)
    await walk(service, 'ada')
    const refused = (await topology.primaries[0]?.cli('acl', 'log')) ?? ''
    // Nothing was tried that it may not, but for what tells how the server does.
    expect(refused).not.toMatch(/object\n(?!info|client|auth)/)
  }, 60_000)
})
