/** Cookies of express-session that do not verify any more, or not with the newest secret. */
import { createHmac } from 'node:crypto'
import { afterEach, describe, expect, it } from 'vitest'
import { refusalOf } from '../../../src/compat/express-session/index.js'
import { createMemoryStore } from '../../../src/store/memory.js'
import { recording } from '../../support/sojourn.js'
import { WebClient } from '../../support/web.js'
import { SECRET, sidOf, startApp, type App } from './app.js'

const OLD = 'the secret of before, which still verifies cookies'

const apps: App[] = []
afterEach(async () => {
  for (const app of apps.splice(0)) await app.close()
})

async function start(secret: string | string[] = SECRET) {
  const calls: string[] = []
  const app = await startApp({ store: recording(createMemoryStore(), calls) }, { secret })
  apps.push(app)
  const client = new WebClient(app.server)
  await app.visit(client, ({ session }) => (session.name = 'ada'))
  calls.length = 0
  /** What an application answers that looks at the refusal before anything else. */
  const ask = async (value: string) => {
    const visitor = new WebClient(app.server)
    visitor.jar.set('connect.sid', value)
    const answer = await app.visit(visitor, (request, response) => {
      const refusal = refusalOf(request)
      if (refusal !== undefined) response.status(refusal.status).json(refusal)
      return { name: request.session.name ?? null, isTheirs: request.sessionID === sidOf(visitor) }
    })
    return { ...answer, json: JSON.parse(answer.body) as unknown }
  }
  return { app, client, ask, calls }
}

/** As the package `cookie-signature` makes it. */
function signed(sid: string, secret: string): string {
  const signature = createHmac('sha256', secret).update(sid).digest('base64').replace(/=+$/, '')
  return encodeURIComponent(`s:${sid}.${signature}`)
}

describe('a session cookie', () => {
  it('cookie-15: with a wrong signature can be told from none, and is neither looked up nor taken unsigned', async () => {
    const { client, ask, calls } = await start()
    const sid = sidOf(client)
    const good = signed(sid, SECRET)
    expect((await ask(good)).json).toEqual({ name: 'ada', isTheirs: true })
    calls.length = 0
    const message = 'The session cookie signature is wrong.'
    const wrong = [
      signed(sid, 'another secret'),
      `${good.slice(0, -1)}${good.endsWith('A') ? 'B' : 'A'}`,
      good.slice(0, -1),
      encodeURIComponent(`s:${sid}.x`),
      encodeURIComponent(`s:${sid}.${'A'.repeat(43)}`),
      signed(`${sid}x`, SECRET).replace(`${sid}x`, sid),
    ]
    for (const value of wrong) {
      const { status, json, cookies } = await ask(value)
      expect([value, status, json]).toEqual([
        value,
        401,
        { status: 401, code: 'session_invalid', message },
      ])
      expect(cookies).toEqual([])
    }
    expect(calls).toEqual([])
    expect((await ask(good)).json).toEqual({ name: 'ada', isTheirs: true })
  })

  it('cookie-17: that is JSON, unsigned or no signed value at all is malformed', async () => {
    const { client, ask, calls } = await start()
    const sid = sidOf(client)
    const message = 'The session cookie is malformed.'
    const bad = ['j:{"a":1}', `j:{"id":"${sid}"}`, sid, `s:${sid}`, 's:', 's:.', `s:${sid}.`, 'x']
    for (const value of bad.map(encodeURIComponent)) {
      const { status, json, cookies } = await ask(value)
      expect([value, status, json]).toEqual([
        value,
        401,
        { status: 401, code: 'session_invalid', message },
      ])
      expect(cookies).toEqual([])
    }
    expect(calls).toEqual([])
  })

  it('that is missing or empty is no refusal, and one that verifies beside a bad one is taken', async () => {
    const { app, client } = await start()
    const newcomer = new WebClient(app.server)
    const refusal = (request: any): unknown => refusalOf(request) ?? null
    expect((await app.visit(newcomer, refusal)).body).toBe('null')
    newcomer.jar.set('connect.sid', '')
    expect((await app.visit(newcomer, refusal)).body).toBe('null')
    const answer = await newcomer.get('/', {
      headers: {
        cookie: `connect.sid=x; connect.sid=${signed(sidOf(client), SECRET)}`,
        'x-deed': app.keepDeed((request) => [refusal(request), request.session.name]),
      },
    })
    expect(JSON.parse(answer.body)).toEqual([null, 'ada'])
  })

  it('cookie-16: signed with a retired secret of the list is accepted and issued again with the present one, once', async () => {
    const { app, client } = await start([SECRET, OLD])
    const sid = sidOf(client)
    const before = new WebClient(app.server)
    before.jar.set('connect.sid', signed(sid, OLD))
    const read = (request: any): unknown => [refusalOf(request) ?? null, request.session.name]
    const first = await app.visit(before, read)
    expect([first.status, JSON.parse(first.body)]).toEqual([200, [null, 'ada']])
    expect(first.cookies).toHaveLength(1)
    expect(before.jar.get('connect.sid')).toBe(signed(sid, SECRET))
    const second = await app.visit(before, read)
    expect([second.status, JSON.parse(second.body), second.cookies]).toEqual([
      200,
      [null, 'ada'],
      [],
    ])
    // Under a secret that is not in the list any more it is nothing.
    const gone = new WebClient(app.server)
    gone.jar.set('connect.sid', signed(sid, 'a secret that was taken out of the list'))
    const refused = await app.visit(gone, (request) => refusalOf(request)?.message)
    expect(JSON.parse(refused.body)).toBe('The session cookie signature is wrong.')
  })

  it('of an ended session is not issued again under the new secret', async () => {
    const { app, client } = await start([SECRET, OLD])
    const sid = sidOf(client)
    await app.visit(client, ({ session }) => session.destroy())
    const before = new WebClient(app.server)
    before.jar.set('connect.sid', signed(sid, OLD))
    expect((await app.visit(before, ({ session }) => session.name ?? null)).cookies).toEqual([])
  })
})
