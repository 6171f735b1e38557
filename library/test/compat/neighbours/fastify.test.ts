import fastifyCookie from '@fastify/cookie'
import fastifySession from '@fastify/session'
import createFastify from 'fastify'
import { afterEach, describe, expect, it } from 'vitest'
import { WebClient } from '../../support/web.js'
import { SECRET, SUBJECTS, type CallbackStore, type Subject } from './modules.js'
import { asked } from './store-walk.js'

const closing: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close()
})

const newStoreOf = ({ session, newStore }: Subject): CallbackStore =>
  newStore?.() ?? new session.MemoryStore()

async function start(store: CallbackStore) {
  const app = createFastify()
  app.register(fastifyCookie)
  app.register(fastifySession, {
    secret: SECRET,
    store: store as never,
    saveUninitialized: false,
    rolling: false,
    cookie: { secure: false, maxAge: 60_000 },
  })
  app.post('/login', async (request: any) => {
    await request.session.regenerate(['cart']) // a new id; the cart comes along
    request.session.user = 'ada'
    return { id: request.session.sessionId }
  })
  app.post('/logout', async (request: any) => {
    await request.session.destroy()
    return {}
  })
  app.post('/cart', async (request: any) => {
    request.session.cart = [...((request.session.cart as string[] | undefined) ?? []), 'book']
    return {}
  })
  app.get('/', async (request: any) => ({
    id: request.session.sessionId,
    user: request.session.user ?? null,
    cart: request.session.cart ?? null,
    expires: request.session.cookie.expires instanceof Date,
  }))
  await app.listen({ port: 0, host: '127.0.0.1' })
  closing.push(() => app.close())
  return new WebClient(app.server.address() as { port: number })
}

const stateOf = async (client: WebClient): Promise<Record<string, unknown>> =>
  JSON.parse((await client.get('/')).body) as Record<string, unknown>

describe.each(SUBJECTS)('@fastify/session 11 on the store of $name', (subject) => {
  it('keeps what was written, and writes nothing for who only looks', async () => {
    const store = newStoreOf(subject)
    const client = await start(store)
    expect(await stateOf(client)).toMatchObject({ user: null, cart: null })
    expect(client.jar.size).toBe(0)
    await client.post('/cart')
    await client.post('/cart')
    const state = await stateOf(client)
    expect(state).toMatchObject({ cart: ['book', 'book'], expires: true })
    expect(await asked((done) => store.get(String(state['id']), done))).toMatchObject({
      cart: ['book', 'book'],
    })
  })

  it('changes the id at login, keeps what it is told to keep, and the old id is over', async () => {
    const store = newStoreOf(subject)
    const client = await start(store)
    await client.post('/cart')
    const before = await stateOf(client)
    await client.post('/login')
    const after = await stateOf(client)
    expect(after).toMatchObject({ user: 'ada', cart: ['book'] })
    expect(after['id']).not.toBe(before['id'])
    expect((await asked((done) => store.get(String(before['id']), done))) ?? null).toBeNull()
  })

  it('a logout ends the session for whoever holds its cookie', async () => {
    const store = newStoreOf(subject)
    const client = await start(store)
    await client.post('/login')
    const { id } = await stateOf(client)
    const { cookie } = client
    await client.post('/logout')
    const again = JSON.parse((await client.get('/', { headers: { cookie } })).body)
    expect(again).toMatchObject({ user: null })
    expect(again.id).not.toBe(id)
    expect((await asked((done) => store.get(String(id), done))) ?? null).toBeNull()
  })
})
