import { expect } from 'vitest'
import { WebClient } from '../../support/web.js'

/** What people do with a program of a document while it runs, and what they get. By page and number. */
export const SCENARIOS: Readonly<Record<string, (port: number) => Promise<void>>> = {
  'README.md#3': async (port) => {
    const client = new WebClient({ port })
    expect((await client.get('/')).body).toBe('Views: 1')
    expect((await client.get('/')).body).toBe('Views: 2')
    expect((await client.post('/login')).status).toBe(303)
    expect(JSON.parse((await client.get('/me')).body)).toMatchObject({ subject: 'user-123' })
    const second = new WebClient({ port })
    await second.post('/login')
    expect(JSON.parse((await client.post('/logout-all')).body)).toEqual({ ended: 2 })
    const out = await second.get('/me')
    expect([out.status, JSON.parse(out.body).reason]).toEqual([401, 'revoked_admin'])
    await client.post('/login')
    expect(JSON.parse((await client.post('/logout')).body)).toEqual({ ended: true })
    expect((await client.get('/me')).status).toBe(401)
  },
  'docs/guide/tokens.md#1': async (port) => {
    const [client, phone] = [new WebClient({ port }), new WebClient({ port })]
    const pair = JSON.parse((await client.post('/login')).body) as Record<string, string>
    const bearer = (token = '') => ({ headers: { authorization: `Bearer ${token}` } })
    expect((await phone.get('/orders', bearer(pair['accessToken']))).status).toBe(200)
    const { refreshToken } = pair
    const next = JSON.parse((await phone.post('/refresh', { refreshToken })).body) as typeof pair
    const me = await phone.get('/me', bearer(next['accessToken']))
    expect(JSON.parse(me.body)).toMatchObject({ subject: 'user-123' })
    expect((await phone.get('/me')).status).toBe(401)
  },
}
