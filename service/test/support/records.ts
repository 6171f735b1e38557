import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import pg from 'pg'
import type { Answer } from './client.js'
import type { RedisServer } from '../../../library/test/support/redis-server.js'

/** What was handed out in secret, and everything that was said besides: for the search for one in the other. */
export class Tape {
  /** Every token that a cookie ever carried. */
  readonly tokens = new Set<string>()
  readonly #said: string[] = []

  /** To be given to each client of a walk. */
  readonly hear = (answer: Answer): void => {
    for (const line of answer.cookies) {
      const value = /^[^=]+=([^;]+)/.exec(line)?.[1]
      if (value !== undefined) this.tokens.add(value)
    }
    const { 'set-cookie': _, ...others } = answer.headers
    this.#said.push(JSON.stringify(others), answer.text)
  }

  /** All heads but `Set-Cookie`, and all bodies. */
  get said(): string {
    return this.#said.join('\n')
  }

  /** What could be presented: whole tokens, their secret parts, and those without the tag. */
  get secrets(): readonly string[] {
    return [...this.tokens].flatMap((token) => {
      const secret = token.split('.')[2] ?? token
      return [token, secret, secret.slice(0, -16)]
    })
  }
}

/** The secrets that a text holds; it should be none. */
export function foundIn(text: string, secrets: readonly string[]): readonly string[] {
  return secrets.filter((secret) => text.includes(secret))
}

/** Every byte of the files in a folder. */
export function dumpFolder(folder: string): string {
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name !== 'development-secrets.json')
    .map(({ name }) => readFileSync(join(folder, name), 'latin1'))
    .join('\n')
}

/** Everything in a Redis, as it writes it to its disk. */
export async function dumpRedis(redis: RedisServer): Promise<string> {
  await redis.cli('config', 'set', 'rdbcompression', 'no')
  await redis.cli('save')
  const [, folder = ''] = (await redis.cli('config', 'get', 'dir')).split('\n')
  return readFileSync(join(folder, 'dump.rdb'), 'latin1')
}

/** Every row of every table. */
export async function dumpPostgres(url: string): Promise<string> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    const { rows } = await client.query<{ name: string }>(
      "select tablename as name from pg_tables where schemaname = 'public'",
    )
    const tables: unknown[] = []
    for (const { name } of rows) tables.push((await client.query(`select * from "${name}"`)).rows)
    return JSON.stringify(tables)
  } finally {
    await client.end()
  }
}
