/** The description of the API, held against the service that runs: by a proxy, and by requests that nobody would make. */
import { spawn } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Express, RequestHandler } from 'express'
import * as fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { freePort } from '../../../library/test/support/redis-server.js'
import { ROOT } from '../../../tools/workspace/places.mjs'
import { CHAPTERS, describeApi, type Description } from '../../src/api/index.js'
import { takenBy } from '../../src/api/refusals.js'
import { WALKS } from '../../src/api/walk/index.js'
import { createApp } from '../../src/app.js'
import { loadConfig } from '../../src/config/load.js'
import { bodyFactsOf } from '../../src/http/index.js'
import { createLogger } from '../../src/log/index.js'
import { openParts } from '../../src/open-parts.js'
import { openSessionStore } from '../../src/session-store.js'
import { Client } from '../support/client.js'
import { wildRequests, type Wild } from '../support/requests.js'
import { startService, temporaryFolder, type Service } from '../support/service.js'
import { basic, register, signIn, type Pair } from '../support/tokens.js'
import { goWalks } from '../support/walker.js'

const ADMIN_TOKEN = 'the-token-of-the-admin:Yk3v-Qp8t-Zr5n-Wm2x'
const CLIENT = ['gateway', 'the secret of the gateway: t8Vn-3kQz-Lw7y'] as const
const COOKIE_NAME = 'sid'
/** For as long as this requests are made up; six hundred of them at most, where nothing else is said. */
const LONGER = Number(process.env['SOJOURN_FUZZ_SECONDS'] ?? 0)
const SECONDS = LONGER > 0 ? LONGER : 6
const PATIENCE = 120_000

let service: Service
let description: Description

beforeAll(async () => {
  service = await startService({ ADMIN_TOKEN, COOKIE_NAME, OAUTH_CLIENTS: CLIENT.join(':') })
  description = (await service.client().get('/openapi.json')).json<Description>()
}, PATIENCE)
afterAll(() => service[Symbol.asyncDispose]())

describe('what is served', () => {
  it('is the description of this very service, as text that may be kept, to whom no session is given', async () => {
    const answer = await service.client().get('/openapi.json')
    const address = description.servers?.[0]?.url ?? ''
    const facts = { address, cookieName: COOKIE_NAME, hasAdmin: true, hasMetrics: true }
    expect(JSON.stringify(description)).toBe(JSON.stringify(describeApi(facts)))
    expect(address).toMatch(/^http:\/\/localhost:\d+$/)
    expect(answer.headers['content-type']).toBe('application/json; charset=utf-8')
    expect(answer.headers['cache-control']).toBe('public, max-age=600')
    expect([answer.cookies, answer.deviceCookie]).toEqual([[], undefined])
  })

  it('is a page too, which asks nobody else for anything and runs no script', async () => {
    const { status, headers, cookies, text } = await service.client().page('/docs')
    expect([status, cookies]).toEqual([200, []])
    const policy = String(headers['content-security-policy'])
    const nonce = /'nonce-([^']+)'/.exec(policy)?.[1] ?? ''
    expect(policy).toContain("default-src 'none'")
    expect(text).toContain(` nonce="${nonce}"`)
    for (const [, path = ''] of text.matchAll(/<link[^>]+href="([^"]+)"/g)) {
      expect((await service.client().get(path)).status).toBe(200)
    }
    expect(text).not.toMatch(/<script|<img|<iframe|style="| src=/)
  })
})

describe('every route', () => {
  it('that is mounted is described, with the very body that it reads, and nothing else is', async () => {
    const dataDir = temporaryFolder()
    const config = loadConfig({ NODE_ENV: 'test', DATA_DIR: dataDir, ADMIN_TOKEN })
    const log = createLogger({ level: 'silent' })
    const { parts, close } = await openParts(config, log, await openSessionStore(config, log))
    try {
      const mounted = new Map(routesOf(createApp(parts)))
      const described = CHAPTERS.flatMap(({ paths }) =>
        Object.entries(paths).flatMap(([path, methods]) =>
          Object.entries(methods).map(
            ([method, one]) => [`${method} ${path}`, takenBy(one)] as const,
          ),
        ),
      )
      expect([...mounted.keys()].sort()).toEqual(described.map(([name]) => name).sort())
      for (const [name, body] of described) expect([name, mounted.get(name)]).toEqual([name, body])
      const withBody = described.filter(([, body]) => body !== undefined)
      for (const [name, body] of withBody) expect(mounted.get(name)?.schema).toBe(body?.schema)
      expect(withBody.length).toBeGreaterThan(15)
    } finally {
      await close()
    }
  })
})

describe('every answer', () => {
  it(
    'S1-12: of the whole walk is as described, by the word of a proxy that lets no other pass',
    async () => {
      const prism = await startPrism(description)
      try {
        const given = { adminToken: ADMIN_TOKEN }
        // Whoever comes without a credential where one is needed is refused by Prism itself, in its own words.
        const client = new ThroughPrism(prism.url, { isDescribed: false })
        const gone = await goWalks(WALKS, description, client, given)
        const went = gone.map(({ step, answer }) => [step.says, answer.status])
        expect(went).toEqual(gone.map(({ step }) => [step.says, step.status]))
        expect(gone.filter(({ answer }) => answer.headers['sl-violations'] !== undefined)).toEqual(
          [],
        )
      } finally {
        prism.stop()
      }
    },
    PATIENCE,
  )

  it(
    'is as described, whatever is asked: no fault, no unknown status, no body of another shape',
    async () => {
      const crowd = await Crowd.gather(service)
      const asked = new Map<string, number>()
      const property = fc.asyncProperty(wildRequests(description, crowd.ids), async (wild) => {
        const { status } = await crowd.send(wild)
        asked.set(wild.id, (asked.get(wild.id) ?? 0) + 1)
        expect(status).toBeLessThan(500)
      })
      await fc.assert(property, {
        seed: LONGER > 0 ? Date.now() % 2 ** 31 : 20_261_121,
        numRuns: LONGER > 0 ? 1e9 : 600,
        interruptAfterTimeLimit: SECONDS * 1_000,
        markInterruptAsFailure: false,
      })
      expect(asked.size).toBeGreaterThan(10)
      const ready = await service.client().get('/health/ready')
      expect(ready.json()).toEqual({ status: 'ok', sessions: 'ok', accounts: 'ok' })
      await register(service.client(), 'afterwards')
      expect(service.log().filter(({ level }) => level === 'error' || level === 'fatal')).toEqual(
        [],
      )
    },
    PATIENCE + SECONDS * 1_000,
  )
})

/** Somebody with every kind of credential, who gets new ones when a request has cost them theirs. */
class Crowd {
  readonly ids: readonly string[]
  readonly #client: Client
  readonly #wild: Client
  #pair: Pair
  #since = 0

  static async gather(of: Service): Promise<Crowd> {
    const client = of.client()
    const pair = await register(client, 'wild')
    const { id, subject } = (await client.get('/session')).json<Record<'id' | 'subject', string>>()
    return new Crowd(of.client(), client, pair, [id, subject])
  }

  constructor(wild: Client, client: Client, pair: Pair, ids: readonly string[]) {
    this.#wild = wild
    this.#client = client
    this.#pair = pair
    this.ids = ids
  }

  async send({ method, path, headers, body, as }: Wild): Promise<{ readonly status: number }> {
    const answer = await this.#wild.request(method, path, {
      headers: { ...this.#credentials(as), ...headers },
      ...(body === undefined ? {} : { body }),
      cookie: '',
    })
    this.#since += 1
    // Its session may be gone by now. A password takes a while to be checked: not after every request.
    if (this.#since % 100 === 0) this.#pair = await this.#comeBack()
    return answer
  }

  async #comeBack(): Promise<Pair> {
    const { id } = { id: this.ids[1] ?? '' }
    const admin = { headers: { Authorization: `Bearer ${ADMIN_TOKEN}` }, cookie: '' }
    for (const act of ['enable', 'unlock']) {
      await this.#client.post(`/admin/users/${id}/${act}`, undefined, admin)
    }
    return signIn(this.#client, 'wild')
  }

  #credentials(as: Wild['as']): Readonly<Record<string, string>> {
    const of = {
      nobody: {},
      cookie: { Cookie: this.#client.cookie },
      bearer: { Authorization: `Bearer ${this.#pair.accessToken}` },
      admin: { Authorization: `Bearer ${ADMIN_TOKEN}` },
      client: { Authorization: basic(...CLIENT) },
    }
    return of[as]
  }
}

type Body = ReturnType<typeof takenBy>

interface Layer {
  readonly handle: RequestHandler & { readonly stack?: readonly Layer[] }
  readonly route?: { readonly path: string | readonly string[]; readonly stack: readonly Handler[] }
}

interface Handler {
  readonly method: string
  readonly handle: RequestHandler
}

/** The routes of an application, as `get /sessions/{id}`, with the bodies that they read. */
function routesOf({ router }: Express): readonly (readonly [string, Body])[] {
  const layers = (router as unknown as { readonly stack: readonly Layer[] }).stack
  // A limit is no route: it stands before those it counts.
  const routers = layers.flatMap(({ handle }) => handle.stack ?? [])
  return routers
    .flatMap(({ route }) => (route === undefined || Array.isArray(route.path) ? [] : [route]))
    .flatMap(({ path, stack }) => {
      const name = String(path)
        .replace(/:(\w+)/g, '{$1}')
        .replace(/^\/assets\/.*/, '/assets/{file}')
      const body = stack.map(({ handle }) => bodyFactsOf(handle)).find((one) => one !== undefined)
      return [...new Set(stack.map(({ method }) => method))].map(
        (method) => [`${method} ${name}`, body] as const,
      )
    })
}

/** Prism makes one `Set-Cookie` line of two, with a comma between them. */
class ThroughPrism extends Client {
  override keep(cookies: readonly string[]): void {
    super.keep(cookies.flatMap((line) => line.split(/,(?=[\w-]+=)/)))
  }
}

/** A proxy that turns every answer outside a description into an error, and every request as well. */
async function startPrism(document: Description): Promise<{ url: string; stop: () => void }> {
  const port = await freePort()
  const file = join(temporaryFolder(), 'openapi.json')
  writeFileSync(file, JSON.stringify(document))
  const prism = join(ROOT, 'node_modules/@stoplight/prism-cli/dist/index.js')
  const args = [prism, 'proxy', file, service.url, '--errors', '--port', String(port)]
  const child = spawn(process.execPath, args)
  let output = ''
  await new Promise<void>((resolve, reject) => {
    child.once('close', () => {
      reject(new Error(`Prism ended:\n${output}`))
    })
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        output += text
        if (output.includes('Prism is listening')) resolve()
      })
    }
  })
  const stop = (): void => {
    child.removeAllListeners('close').kill()
  }
  return { url: `http://127.0.0.1:${String(port)}`, stop }
}
