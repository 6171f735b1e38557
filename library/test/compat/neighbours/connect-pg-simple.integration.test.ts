import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startPostgres, type TestPostgres } from '../../../../service/test/support/postgres.js'
import { load, MODULES } from './modules.js'
import { asked, walkThrough } from './store-walk.js'

let server: TestPostgres
beforeAll(async () => {
  server = await startPostgres()
}, 60_000)
afterAll(async () => {
  await server.remove()
})

describe.each(MODULES)('under $name', (subject) => {
  it('connect-pg-simple keeps and forgets in a real PostgreSQL', async () => {
    const url = await server.createDatabase(`sessions_${String(MODULES.indexOf(subject))}`)
    const pool = new (load('pg').Pool)({ connectionString: url })
    const PostgresStore = load('connect-pg-simple')(subject.session)
    const store = new PostgresStore({ pool, createTableIfMissing: true })
    expect(store).toBeInstanceOf(subject.session.Store)
    const count = async (): Promise<number> => {
      const { rows } = await pool.query('SELECT count(*)::int AS count FROM session')
      return rows[0].count as number
    }
    // Makes the table; the store itself does so at the first session that it keeps.
    await asked((done) => store.get('nobody', done))
    await walkThrough({ session: subject.session, store, count })
    await store.close()
    await pool.end()
  })
})
