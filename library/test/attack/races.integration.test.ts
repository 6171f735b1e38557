/** Two hundred clients at once: what is checked and what is done are one step. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createSojourn, type Sojourn } from '../../src/sojourn.js'
import { BACKENDS, type Backend } from '../support/backends.js'
import { Browser } from '../support/browser.js'
import { SECRET, TOKENS } from '../support/sojourn.js'

const CLIENTS = 200
const MAX = 3

for (const name of ['memory', 'SQLite', 'Redis'] as const) {
  describe(`on ${name}`, () => {
    let backend: Backend
    let apps: readonly Sojourn<Record<string, unknown>>[]

    beforeAll(async () => {
      backend = await BACKENDS[name]!()
      apps = backend.stores.map((store) =>
        createSojourn({
          secrets: SECRET,
          store,
          cache: false,
          limit: { max: MAX, whenFull: 'refuse' },
          tokens: TOKENS,
          // Two hundred calls at once wait for each other; that is what is tested, not how fast they are.
          resilience: { commandDeadline: '20s' },
        }),
      )
    })
    afterAll(() => backend.close())

    const all = <Result>(run: (app: Sojourn<Record<string, unknown>>) => Promise<Result>) =>
      Promise.allSettled(
        Array.from({ length: CLIENTS }, (_, at) => run(apps[at % apps.length] ?? apps[0]!)),
      )
    const count = (results: readonly PromiseSettledResult<unknown>[], value: unknown) =>
      results.filter((one) => one.status === 'fulfilled' && one.value === value).length

    it('ASVS 15.4.2, ASVS 2.3.2: the limit of sessions, the limiter, the rotation and the end hold against two hundred at once', async () => {
      const [app] = apps
      if (app === undefined) throw new Error('no application')

      // The limit of sessions.
      const signIns = await all(async (one) => {
        const browser = new Browser(one)
        await browser.visit((session) => session.signIn('crowd'))
        return 'in'
      })
      expect(count(signIns, 'in')).toBe(MAX)
      expect((await app.list('crowd')).sessions).toHaveLength(MAX)

      // The limiter.
      const spent = await all(
        async (one) =>
          (await one.counters.spend('race', { quota: 7, window: 3_600_000 })).isAllowed,
      )
      expect(count(spent, true)).toBe(7)
      const attempts = await all(
        async (one) =>
          (await one.counters.attempt('race', { max: 5, lockFor: 60_000, forgetAfter: 60_000 }))
            .isAllowed,
      )
      expect(count(attempts, true)).toBe(5)

      // The rotation: one successor, whoever asks.
      const browser = new Browser(app)
      const pair = await browser.visit(async (session) => {
        await session.signIn('alice')
        return session.issueTokens()
      })
      const refreshed = await all(async (one) => {
        const result = await one.tokens.refresh(pair.refreshToken)
        return result.status === 'refreshed' ? result.tokens.refreshToken : result.status
      })
      const successors = new Set(
        refreshed.map((one) => (one.status === 'fulfilled' ? one.value : 'thrown')),
      )
      expect(successors.size).toBe(1)
      // One family for each session: a second one replaces the first.
      const { sessions } = await app.list('alice')
      expect(sessions).toHaveLength(1)

      // The end against what marks a session as seen, writes to it and refreshes it.
      const id = sessions[0]?.id ?? ''
      const { cookie } = browser
      const [successor = ''] = successors
      const racing = all(async (one) => {
        const other = new Browser(one)
        await other.request(
          (session) => {
            session.set('late', Math.random())
          },
          cookie === undefined ? {} : { cookie },
        )
        return (await one.tokens.refresh(successor)).status
      })
      const ended = await app.revoke(id)
      await racing
      expect(ended).toBe(true)
      for (const one of apps) {
        const state = await new Browser(one).request(
          async (session) => (await session.load(), session.state),
          cookie === undefined ? {} : { cookie },
        )
        expect(state.result).not.toBe('active')
        expect((await one.tokens.refresh(successor)).status).toBe('refused')
        expect((await one.list('alice')).sessions).toEqual([])
      }
    }, 60_000)
  })
}
