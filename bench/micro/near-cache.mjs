import { createMemoryStore, createSojourn } from 'sojourn'
import { createNearCache } from '../../library/dist/store/near-cache.js'
import { exchangeWith, many, SECRET, signIn, TOKENS } from './people.mjs'

/** The cost of knowing who this is, without HTTP: the look into the near cache alone, and all of a request's. */

const PEOPLE = 1_000

/** @returns {Promise<{ cases: import('./timing.mjs').Case[], close: () => Promise<void> }>} */
export async function nearCacheCases() {
  const store = createMemoryStore()
  const sojourn = createSojourn({ secrets: SECRET, store, tokens: TOKENS })
  const people = await many(PEOPLE, () => signIn(sojourn))
  const near = createNearCache(store)
  const ids = people.map(({ tokens }) => tokens.sessionId)
  for (const id of ids) await near.read(id)
  const byCookie = people.map(({ cookie }) => ({ cookie }))
  const byToken = people.map(({ tokens }) => ({ authorization: `Bearer ${tokens.accessToken}` }))
  for (const headers of [...byCookie, ...byToken])
    await exchangeWith(sojourn, headers).session.load()
  const peek = (id) => near.peek(id)?.status === 'found'
  const resolve = (headers) => {
    const { session } = exchangeWith(sojourn, headers)
    return session.loadNow() && session.subject !== undefined
  }
  return {
    cases: [
      { name: 'near cache: peek, 1,000 sessions round robin', run: inTurn(ids, peek) },
      { name: 'who is this, by cookie, near cache', run: inTurn(byCookie, resolve) },
      { name: 'who is this, by access token, near cache', run: inTurn(byToken, resolve) },
    ],
    async close() {
      await near.close()
      await sojourn.close()
    },
  }
}

function inTurn(items, isGood) {
  let next = 0
  return (count) => {
    for (let done = 0; done < count; done += 1) {
      next = (next + 1) % items.length
      if (!isGood(items[next])) throw new Error('was not in the near cache')
    }
  }
}
