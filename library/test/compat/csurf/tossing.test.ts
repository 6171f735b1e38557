/** The attack that csurf was withdrawn for, against csurf itself and against ours. */
import { afterEach, describe, expect, it } from 'vitest'
import type { WebClient } from '../../support/web.js'
import {
  client,
  closeAll,
  parseCookies,
  realCsurf,
  serve,
  SESSIONS,
  sojournCsurf,
  tokenFor,
} from './apps.js'

afterEach(closeAll)

/** How browsers send a request for a page of a sibling host, and of a host that is nothing to us. */
const FROM_ELSEWHERE: readonly Record<string, string>[] = [
  { 'sec-fetch-site': 'same-site', origin: 'https://evil.example.com' },
  { 'sec-fetch-site': 'cross-site', origin: 'https://evil.example' },
  { 'sec-fetch-site': 'cross-site', origin: 'null' },
  { 'sec-fetch-site': 'same-site' },
  // Browsers before Fetch Metadata.
  { origin: 'https://evil.example.com' },
  { origin: 'null' },
]

interface Wiring {
  readonly csurf: any
  readonly inCookie: boolean
}

/** A victim with a session who has the attacker's CSRF cookies, too; and a token that fits those cookies. */
async function tossed({ csurf, inCookie }: Wiring) {
  const routes = (app: any): void => {
    app.get('/write', (request: any, response: any) => {
      request.session.user = 'ada'
      response.send('in')
    })
  }
  const before = [parseCookies(), SESSIONS['sojourn/express-session']?.()]
  const server = await serve({ csurf, before, options: { cookie: inCookie }, routes })
  const [attacker, victim] = [client(server), client(server)]
  const token = await tokenFor(attacker)
  await victim.get('/write')
  await tokenFor(victim)
  for (const [name, value] of attacker.jar) {
    if (name !== 'connect.sid') victim.jar.set(name, value)
  }
  return { victim, token, own: server.url }
}

async function post(victim: WebClient, token: string, headers: object): Promise<number[]> {
  const byHeader = { headers: { ...headers, 'csrf-token': token } }
  const inForm = {
    headers: { ...headers, 'content-type': 'application/x-www-form-urlencoded' },
    method: 'POST',
    body: `_csrf=${encodeURIComponent(token)}`,
  }
  return [(await victim.post('/x', {}, byHeader)).status, (await victim.send('/x', inForm)).status]
}

describe('a planted CSRF cookie with the token that fits it', () => {
  it('opens csurf (control: the attack is a real one)', async () => {
    const { victim, token } = await tossed({ csurf: realCsurf, inCookie: true })
    for (const headers of FROM_ELSEWHERE) {
      expect(await post(victim, token, headers)).toEqual([200, 200])
    }
  })

  it.each([true, false])(
    'csurf-deprecated: is refused by ours where the browser says that another origin sent it, with the option cookie: %s',
    async (inCookie) => {
      const { victim, token } = await tossed({ csurf: sojournCsurf, inCookie })
      for (const headers of FROM_ELSEWHERE) {
        expect([headers, ...(await post(victim, token, headers))]).toEqual([headers, 403, 403])
      }
    },
  )

  it('is refused whatever the request says of itself, where tokens are bound to the session', async () => {
    const { victim, token, own } = await tossed({ csurf: sojournCsurf, inCookie: false })
    for (const headers of [
      {},
      { origin: 'null' },
      { origin: own },
      { 'sec-fetch-site': 'same-origin', origin: own },
    ]) {
      expect([headers, ...(await post(victim, token, headers))]).toEqual([headers, 403, 403])
    }
    expect(await post(victim, await tokenFor(victim), {})).toEqual([200, 200])
  })
})
