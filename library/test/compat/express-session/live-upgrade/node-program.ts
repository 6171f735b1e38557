/** A small application on one node of a fleet, in a process of its own. Started by fleet.ts. */
import { createRequire } from 'node:module'
import express from 'express'
import original from 'express-session'
import own from '../../../../src/compat/express-session/index.js'
import { RedisStore } from '../../../../src/compat/connect-redis/index.js'
import { SECRET, type NodePlan, type NodeStats, type Seen } from './plan.js'

const load = createRequire(import.meta.url) as (name: string) => any
const plan = JSON.parse(process.argv[2] ?? '{}') as NodePlan
const held = new Map<string, () => void>()
let adoptedEvents = 0
let faults = 0

async function connect(): Promise<any> {
  const { client: library, redisUrl } = plan
  if (library === 'ioredis5') {
    const client = new (load('ioredis5').Redis)(redisUrl)
    await client.ping()
    return client
  }
  const legacyMode = library === 'redis4 in legacy mode' ? { legacyMode: true } : {}
  const { createClient } = load(library === 'redis' ? 'redis' : 'redis4')
  const client = createClient({ url: redisUrl, ...legacyMode })
  client.on('error', () => undefined)
  await client.connect()
  return client
}

const ENCODED = {
  parse: (text: string): unknown => JSON.parse(Buffer.from(text, 'base64').toString()),
  stringify: (session: unknown): string => Buffer.from(JSON.stringify(session)).toString('base64'),
}

function oldStore(client: any): any {
  const { oldStore: name, prefix, isEncoded } = plan
  const options = { client, prefix, ...(isEncoded ? { serializer: ENCODED } : {}) }
  const given = load(name)
  if (name === 'connect-redis6') return new (given(original))(options)
  return new (given.RedisStore ?? given.default)(options)
}

const client = await connect()
const subscriber = plan.hasSubscriber === true ? await connect() : undefined
const store =
  plan.role === 'old'
    ? oldStore(client)
    : new RedisStore({
        client,
        prefix: plan.prefix,
        ...(plan.isEncoded ? { serializer: ENCODED } : {}),
        // This is no test of deadlines: a machine that has much to do must not fail it.
        commandDeadline: 20_000,
        upgrade: {
          legacy: plan.legacy,
          resilience: { commandDeadline: '20s' },
          ...(subscriber === undefined ? {} : { subscriber }),
        },
      })
store.on('session.adopted', () => (adoptedEvents += 1))

const app = express()
const session = plan.role === 'old' ? original : (own as unknown as typeof original)
app.disable('x-powered-by').disable('etag')
app.use(
  session({
    secret: SECRET,
    resave: false,
    saveUninitialized: false,
    store,
    cookie: plan.maxAge === undefined ? {} : { maxAge: plan.maxAge },
  }),
)
app.get('/', async (request: any, response: any, next: any) => {
  try {
    const seen = look(request.session)
    await DEEDS[request.query.deed]?.(request, request.query.key, request.query.value)
    response.json(seen)
  } catch (error) {
    next(error)
  }
})
app.use((error: any, _request: any, response: any, _next: any) => {
  faults += 1
  // None is expected: whoever looks for the reason finds it in what the test prints.
  console.error(error)
  response.status(500).json(null)
})

function look({ cookie, who, ...data }: any): Seen {
  return { who: who ?? null, data, age: cookie.originalMaxAge ?? null }
}

/** What a request can do after it has looked. Both kinds of nodes run the same code, but for `login` of our own. */
const DEEDS: Record<string, (request: any, key: string, value: string) => unknown> = {
  set({ session }, key, value) {
    session[key] = value
  },
  /** Has read, says so, and writes when it is told to. */
  async heldSet({ session }, key, value) {
    const isReleased = new Promise<void>((resolve) => held.set(value, resolve))
    process.send?.({ held: value })
    await isReleased
    session[key] = value
  },
  delete({ session }, key) {
    delete session[key]
  },
  async signIn(request, _key, who) {
    await promised((done) => request.session.regenerate(done))
    request.session.who = who
  },
  /** Our own way: everything else moves on. Old nodes have none, so they do it by hand. */
  async login(request, _key, who) {
    if (plan.role === 'new') {
      await request.session.login(who)
    } else {
      const { cookie: _, ...data } = request.session
      await promised((done) => request.session.regenerate(done))
      Object.assign(request.session, data)
    }
    request.session.who = who
  },
  age({ session }, key, value) {
    session.cookie.maxAge = Number(value)
    session[key] = value
  },
  async logout({ session }) {
    await promised((done) => session.destroy(done))
  },
}

function promised(call: (done: (error?: unknown) => void) => unknown): Promise<void> {
  return new Promise((resolve, reject) => {
    call((error) => {
      if (error) reject(new Error('the session store failed', { cause: error }))
      else resolve()
    })
  })
}

function stats(): NodeStats {
  const { adopted, merged, mirrored, endedByOldNode, undecodable, corrupt } =
    store.kept?.stats() ?? {
      ...{ adopted: 0, merged: 0, mirrored: 0, endedByOldNode: 0, undecodable: 0, corrupt: 0 },
    }
  const ours = { adopted, merged, mirrored, endedByOldNode, undecodable, corrupt }
  return { ...ours, adoptedEvents, faults }
}

const server = app.listen(Number(process.argv[3] ?? 0), '127.0.0.1', () => {
  const address = server.address() as { port: number }
  process.send?.({ port: address.port })
})
server.keepAliveTimeout = 60_000
process.on('message', ({ release }: { release?: string }) => {
  if (release === undefined) process.send?.({ stats: stats() })
  else held.get(release)?.()
})
process.on('disconnect', () => process.exit())
