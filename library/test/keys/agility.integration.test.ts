/** Secrets and the signing algorithm change while people work, in the order that one tells operators: nobody notices. */
import { setTimeout as pause } from 'node:timers/promises'
import express, { type Express } from 'express'
import { expect, it } from 'vitest'
import { createExpressAdapter } from '../../src/adapter/express.js'
import { createStaticKeyRing, type KeyInput } from '../../src/keys/index.js'
import { createSojourn } from '../../src/sojourn.js'
import { createMemoryStore } from '../../src/store/memory.js'
import { createManualClock } from '../../src/testing/manual-clock.js'
import { TOKENS } from '../support/sojourn.js'
import { listen, WebClient } from '../support/web.js'
import { newSecret, pem, privateKey } from './support.js'

interface Pair {
  readonly accessToken: string
  readonly refreshToken: string
}

/** What a process is started with. */
interface Configuration {
  readonly secrets: readonly string[]
  readonly keys: readonly KeyInput[]
}

const CLIENTS = 24

it('ASVS 11.2.2: HMAC secrets and then the algorithm change under load, process by process: 0 requests fail; old tokens are good until their exp, and no longer', async () => {
  const clock = createManualClock()
  const store = createMemoryStore({ clock })
  const [first, second] = [newSecret(), newSecret()]
  const edwards = pem(privateKey('ed25519'))
  const p256 = pem(privateKey('p256'))
  // Everywhere known before anybody uses it; and known for as long as its last token is good.
  const steps: readonly Configuration[] = [
    { secrets: [first], keys: [edwards] },
    { secrets: [first, second], keys: [edwards] },
    { secrets: [second, first], keys: [edwards, p256] },
    { secrets: [second, first], keys: [p256, edwards] },
  ]
  const start = ({ secrets, keys }: Configuration): Express => {
    const ring = createStaticKeyRing(keys)
    const sojourn = createSojourn({
      secrets,
      store,
      clock,
      cache: false,
      idle: '12h',
      limit: false,
      tokens: { ...TOKENS, accessLifetime: '15m', keys: ring },
    })
    const web = createExpressAdapter(sojourn)
    const app = express()
    app.use(express.json(), web.sessions)
    app.post(
      '/login',
      web.handler(async (request, response) => {
        await request.session.signIn('ada')
        response.json(await request.session.issueTokens())
      }),
    )
    app.post('/refresh', web.tokenRoutes.refresh)
    app.get('/me', web.requireAuth(), (_request, response) => {
      response.json('ada')
    })
    return app
  }
  const running = [start(steps[0] as Configuration), start(steps[0] as Configuration)]
  const servers = await Promise.all(
    running.map((_, index) =>
      listen((request, response) => {
        running[index]?.(request, response)
      }),
    ),
  )
  const failures: string[] = []
  let working: readonly Promise<void>[] = []
  const algorithms = new Set<string>()
  let asked = 0
  let isOver = false

  const note = (pair: Pair): Pair => {
    const [head = ''] = pair.accessToken.split('.')
    const { alg } = JSON.parse(Buffer.from(head, 'base64url').toString()) as { alg: string }
    algorithms.add(alg)
    return pair
  }
  /** Somebody with a cookie and tokens, who goes to one process and then to the other. */
  const arrive = async (index: number) => {
    const here = servers.map((server) => new WebClient(server))
    const [one] = here as [WebClient]
    let pair = note(JSON.parse((await one.post('/login')).body) as Pair)
    const cookie = one.cookie
    const told = async (what: string, answer: Promise<{ status: number; body: string }>) => {
      const { status, body } = await answer
      asked += 1
      if (status !== 200) failures.push(`${what}: ${String(status)} ${body}`)
      return body
    }
    const work = async (): Promise<void> => {
      for (let turn = index; !isOver; turn += 1) {
        const server = servers[turn % 2] as (typeof servers)[number]
        const bare = new WebClient(server)
        await told('cookie', bare.get('/me', { headers: { cookie } }))
        const authorization = `Bearer ${pair.accessToken}`
        await told('token', bare.get('/me', { headers: { authorization } }))
        const { refreshToken } = pair
        pair = note(
          JSON.parse(await told('refresh', bare.post('/refresh', { refreshToken }))) as Pair,
        )
      }
    }
    return { cookie, pair, work }
  }

  try {
    const old = await arrive(0)
    const people = await Promise.all(Array.from({ length: CLIENTS }, (_, index) => arrive(index)))
    const goOn = async (): Promise<void> => {
      for (const goal = asked + 80; asked < goal && failures.length === 0;) await pause(2)
    }
    working = people.map(({ work }) => work())
    for (const step of steps.slice(1)) {
      for (const index of running.keys()) {
        await goOn()
        running[index] = start(step)
      }
    }
    await goOn()
    isOver = true
    await Promise.all(working)
    console.log(`${String(asked)} requests, ${String(failures.length)} failed`)
    expect(failures).toEqual([])
    expect([...algorithms].sort()).toEqual(['ES256', 'EdDSA'])

    const [server] = servers as [(typeof servers)[number]]
    const authorization = `Bearer ${old.pair.accessToken}`
    const present = () => new WebClient(server).get('/me', { headers: { authorization } })
    clock.advance(15 * 60_000 - 1_000)
    expect((await present()).status).toBe(200)
    expect(
      (await new WebClient(server).get('/me', { headers: { cookie: old.cookie } })).status,
    ).toBe(200)
    clock.advance(120_000)
    const late = await present()
    expect([late.status, JSON.parse(late.body)]).toMatchObject([401, { code: 'token_expired' }])
    const fresh = await new WebClient(server).post('/refresh', {
      refreshToken: old.pair.refreshToken,
    })
    expect(fresh.status).toBe(200)
  } finally {
    isOver = true
    await Promise.allSettled(working)
    await Promise.all(servers.map((one) => one.close()))
  }
})
