import { describe, expect, it } from '@jest/globals'
import request from 'supertest'
import { createMemoryStore } from 'sojourn'
import {
  createGatedStore,
  createManualClock,
  createResourceServer,
  expectActive,
  expectEnded,
  expectRevoked,
  login,
} from 'sojourn/testing'
import { createShop } from '../shop.mjs'

describe('the shop', () => {
  const open = () => {
    const clock = createManualClock()
    const store = createGatedStore(createMemoryStore({ clock }))
    return { ...createShop({ store, clock }), store, clock }
  }

  it('shows their cart to who is signed in, and to nobody else', async () => {
    const { app } = open()
    const ada = await login(app, { user: 'ada', data: { cart: ['book'] } })
    const answer = await request(app).get('/cart').set(ada.headers)
    expect(answer.body).toEqual({ who: 'ada', cart: ['book'] })
    expect((await request(app).get('/cart').set(ada.bearer)).body.who).toEqual('ada')
    expect((await request(app).get('/cart')).status).toEqual(401)
  })

  it('forgets who stays away for an hour', async () => {
    const { app, clock } = open()
    const ada = await login(app, { user: 'ada' })
    clock.advance('61m')
    expect((await request(app).get('/cart').set(ada.headers)).status).toEqual(401)
    await expectEnded(app, ada, 'expired_idle')
  })

  it('ends cookie, access token and refresh token with one sign-out', async () => {
    const { app, sojourn } = open()
    const api = createResourceServer({ issuer: sojourn, audience: 'https://api.shop.example' })
    const ada = await login(app, { user: 'ada' })
    expect((await api.fetch('/orders', { headers: ada.bearer })).status).toEqual(200)
    await request(app).post('/logout').set(ada.headers)
    await expectRevoked(app, ada)
    expect((await api.fetch('/orders', { headers: ada.bearer })).status).toEqual(401)
  })

  it('stays signed out when a save comes in after the sign-out', async () => {
    const { app, store } = open()
    const ada = await login(app, { user: 'ada' })
    const save = store.pause('change')
    const saving = request(app)
      .post('/cart/book')
      .set(ada.headers)
      .then(({ status }) => status)
    await save.reached
    await request(app).post('/logout').set(ada.headers)
    save.release()
    expect(await saving).toEqual(401)
    await expectRevoked(app, ada)
  })

  it('signs nobody out when the store is away', async () => {
    const { app, store } = open()
    const ada = await login(app, { user: 'ada' })
    store.fail('read')
    const answer = await request(app).get('/cart').set(ada.headers)
    expect([answer.status, answer.headers['set-cookie']]).toEqual([503, undefined])
    await expectActive(app, ada)
  })
})
