import { describe, expect, it } from 'vitest'
import { judgeBearer } from '../../src/session/resolve.js'
import { createMemoryStore } from '../../src/store/memory.js'
import { Browser } from '../support/browser.js'
import { scene, TOKENS } from '../support/sojourn.js'

describe('what the store says of the session that an access token names', () => {
  async function stay() {
    const store = createMemoryStore()
    const { sojourn } = scene<Record<string, unknown>>({ store, tokens: TOKENS })
    const browser = new Browser(sojourn)
    const pair = await browser.visit(async (session) => {
      await session.signIn('alice')
      return session.issueTokens()
    })
    const claims = (
      await new Browser(sojourn).request(async (session) => (await session.load()).claims, {
        bearer: pair.accessToken,
      })
    ).result
    const answer = await store.read(pair.sessionId)
    if (claims === undefined || answer.status !== 'found') throw new Error('no session')
    return { claims, answer, sojourn, browser }
  }

  it('counts for the time as well: a host whose clock stood still accepts nothing that is over', async () => {
    const { claims, answer } = await stay()
    const at = (now: number) => judgeBearer({ ...answer, now }, claims, 5)
    const end = (claims.expiresAt + 5) * 1000
    expect(at(end - 1)).toMatchObject({ state: 'active' })
    expect(at(end)).toEqual({ state: 'rejected', code: 'token_expired' })
  })

  it('must be of the person whom the token is about', async () => {
    const { claims, answer } = await stay()
    expect(judgeBearer(answer, { ...claims, subject: 'bob' }, 5)).toEqual({
      state: 'rejected',
      code: 'session_unknown',
    })
  })

  it('cookies with tokens of the session before go when somebody signs in', async () => {
    const { sojourn, browser } = await stay()
    const [name = '', value = ''] = [...browser.jar][0] ?? []
    const cookie = `${name}=${value}; ${name}-access=of-the-session-before`
    const { outgoing } = await new Browser(sojourn).request((session) => session.signIn('bob'), {
      cookie,
    })
    const deleted = outgoing?.cookies.filter((line) => /max-age=0/i.test(line)) ?? []
    expect(deleted.some((line) => line.startsWith(`${name}-access=`))).toBe(true)
    expect(deleted.some((line) => line.includes('-refresh='))).toBe(true)
  })
})
