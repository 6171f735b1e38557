/** What the service makes of sessions that are used by somebody else: told by default, and more where it is asked for. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Client } from '../support/client.js'
import { startService, type Environment, type Service } from '../support/service.js'

const PASSWORD = 'correct horse battery 9'
const FIREFOX = 'Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:144.0) Gecko/20100101 Firefox/144.0'
const NEWER = FIREFOX.replaceAll('144', '145')
const CHROME =
  'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36'

const from = (address: string, agent = FIREFOX) => ({
  headers: { 'X-Forwarded-For': address, 'User-Agent': agent },
})
const HOME = from('203.0.113.7')
const AWAY = from('198.51.100.9', CHROME)

async function arrive(service: Service): Promise<Client> {
  const client = service.client()
  const person = { username: 'alice', password: PASSWORD }
  expect((await client.post('/register', person, HOME)).status).toBe(201)
  return client
}

const visit = async (client: Client, facts: typeof HOME) => client.get('/dashboard', facts)

function withService(environment: Environment): () => Service {
  let service: Service | undefined
  beforeAll(async () => {
    service = await startService({ TRUST_PROXY: 'loopback', ...environment })
  })
  afterAll(() => service?.[Symbol.asyncDispose]())
  return () => {
    if (service === undefined) throw new Error('not started')
    return service
  }
}

describe('by default', () => {
  const service = withService({})

  it('behaviour 25a: from network to network, through a VPN and a browser update a person stays signed in, and the log tells', async () => {
    const client = await arrive(service())
    for (const facts of [HOME, from('198.51.100.9'), from('192.0.2.4'), from('192.0.2.4', NEWER)]) {
      expect((await visit(client, facts)).status).toBe(200)
    }
    const lines = () =>
      service()
        .log()
        .filter(({ event }) => event === 'anomaly.detected')
    await expect.poll(() => lines().length).toBe(2)
    expect(lines()).toMatchObject([
      { signals: ['network_changed'], answer: 'observe', address: '198.51.100.9' },
      { signals: ['network_changed'], answer: 'observe', address: '192.0.2.4' },
    ])
  })
})

describe('with ANOMALY=step-up', () => {
  const service = withService({ ANOMALY: 'step-up' })

  it('a copied cookie is asked for the password, which only the person knows', async () => {
    const client = await arrive(service())
    expect((await visit(client, HOME)).status).toBe(200)
    const copied = await visit(client, AWAY)
    expect([copied.status, copied.json().code]).toEqual([401, 'reauthentication_required'])
    const page = await client.page('/dashboard', AWAY)
    expect([page.status, page.headers.location]).toEqual([
      303,
      '/reauthenticate?returnTo=%2Fdashboard',
    ])
    const prove = async (password: string) =>
      (await client.post('/reauthenticate', { password }, HOME)).status
    expect(await prove('wrong')).toBe(403)
    expect((await visit(client, HOME)).status).toBe(401)
    expect(await prove(PASSWORD)).toBe(200)
    expect((await visit(client, HOME)).status).toBe(200)
  })
})

describe('with FINGERPRINT_STRICT_MODE', () => {
  const service = withService({ FINGERPRINT_STRICT_MODE: 'true' })

  it('another browser is refused, a newer version is not, and the sign-in page is open to both', async () => {
    const client = await arrive(service())
    expect((await visit(client, from('198.51.100.9', NEWER))).status).toBe(200)
    const refused = await visit(client, AWAY)
    expect([refused.status, refused.json().code]).toEqual([401, 'agent_mismatch'])
    const login = await client.page('/login', AWAY)
    expect(login.status).toBe(200)
    expect((await visit(client, HOME)).status).toBe(200)
  })
})
