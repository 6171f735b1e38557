import { Kysely, PostgresDialect } from 'kysely'
import pg from 'pg'
import type { Schema } from './schema.js'

/** Opens connections to PostgreSQL as they are needed. Loaded only where accounts rest there: it takes its time at the start. */
export function openPostgres(url: string, limits: pg.PoolConfig): Kysely<Schema> {
  const pool = new pg.Pool({ connectionString: url, types: NUMBERS, keepAlive: true, ...limits })
  // A connection that breaks while nobody uses it is replaced; without a listener it would end the process.
  pool.on('error', () => undefined)
  return new Kysely<Schema>({ dialect: new PostgresDialect({ pool }) })
}

/** The number of PostgreSQL's type `bigint`. */
const INT8 = 20

/** Instants are `bigint`, which the client gives as text; they fit a number until the year 287,396. */
const NUMBERS: pg.CustomTypesConfig = {
  getTypeParser: ((type: number, format?: 'text' | 'binary'): unknown =>
    type === INT8
      ? Number
      : (pg.types.getTypeParser as (type: number, format?: string) => unknown)(
          type,
          format,
        )) as typeof pg.types.getTypeParser,
}
