/**
 * formats/ owns what each release of this library has left in stores, as text, and the proof that the present code reads
 * it. One folder for a release; how the next is recorded stands in README.md.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { createClient } from 'redis'
import type { SqliteDatabase } from '../../../src/store/sqlite/index.js'

export const FOLDER = fileURLToPath(new URL('.', import.meta.url))

/** The instant by the store's clock at which everything was left as it is: 2026-01-01T00:00:00Z. */
export const RECORDED_AT = Date.UTC(2026, 0, 1)

type Row = Readonly<Record<string, string | number | null>>

/** All of a file, as SQL that makes it anew. Triggers and indexes come after the rows, which must not set them off. */
export function dumpSqlite(database: SqliteDatabase): string {
  const pragma = (name: string): string =>
    String(Object.values(database.prepare(`PRAGMA ${name}`).get() as Row)[0])
  const parts = database
    .prepare(`SELECT type, name, sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY rowid`)
    .all() as { type: string; name: string; sql: string }[]
  const tables = parts.filter(({ type }) => type === 'table')
  const rest = parts.filter(({ type }) => type !== 'table')
  const rows = tables.flatMap(({ name }) =>
    (database.prepare(`SELECT * FROM "${name}"`).all() as Row[]).map(
      (row) => `INSERT INTO "${name}" VALUES (${Object.values(row).map(literal).join(', ')})`,
    ),
  )
  return [
    `PRAGMA application_id = ${pragma('application_id')}`,
    `PRAGMA user_version = ${pragma('user_version')}`,
    ...tables.map(({ sql }) => sql),
    ...rows,
    ...rest.map(({ sql }) => sql),
    '',
  ].join(';\n')
}

/** Text as SQL has it; what is no plain ASCII as its bytes, so that the file is. */
function literal(value: string | number | null): string {
  if (typeof value === 'number') return String(value)
  if (value === null) return 'NULL'
  if (/^[\x20-\x7e]*$/.test(value)) return `'${value.replaceAll("'", "''")}'`
  return `CAST(x'${Buffer.from(value).toString('hex')}' AS TEXT)`
}

/** One key of Redis, without its prefix. `lasts`: milliseconds that it had left. */
interface Key {
  readonly key: string
  readonly lasts: number
  readonly hash?: Readonly<Record<string, string>>
  /** Members with their scores. */
  readonly sorted?: readonly (readonly [member: string, score: number])[]
}

type Client = ReturnType<typeof createClient>

/** All keys under a prefix. */
export async function dumpRedis(client: Client, prefix: string): Promise<readonly Key[]> {
  const names = (await client.keys(`${prefix}*`)).sort()
  return Promise.all(
    names.map(async (name): Promise<Key> => {
      const [type, lasts] = [await client.type(name), Number(await client.pTTL(name))]
      const key = { key: name.slice(prefix.length), lasts }
      if (type === 'hash') return { ...key, hash: { ...(await client.hGetAll(name)) } }
      const members = await client.zRangeWithScores(name, 0, -1)
      return { ...key, sorted: members.map(({ value, score }) => [value, score] as const) }
    }),
  )
}

/** Puts them back under a prefix, with the time that each had left. */
export async function restoreRedis(
  client: Client,
  prefix: string,
  keys: readonly Key[],
): Promise<void> {
  for (const { key, lasts, hash, sorted } of keys) {
    const name = prefix + key
    if (hash !== undefined) await client.hSet(name, { ...hash })
    const members = sorted?.map(([value, score]) => ({ value, score }))
    if (members !== undefined) await client.zAdd(name, members)
    await client.pExpire(name, lasts)
  }
}

export function readText(version: string, name: string): string {
  return readFileSync(join(FOLDER, version, name), 'utf8')
}

export function writeText(version: string, name: string, text: string): void {
  const folder = join(FOLDER, version)
  if (!existsSync(folder)) mkdirSync(folder)
  writeFileSync(join(folder, name), text)
}
