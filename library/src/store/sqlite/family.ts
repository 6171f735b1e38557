import type { RefreshFamily } from '../record.js'
import type { Connection } from './connection.js'
import type { SqliteValue } from './driver.js'

/** The columns of a refresh family. A check of the schema sees to it that all are there where one is. */
export type FamilyRow =
  | { readonly seedDigest: null }
  | {
      readonly seedDigest: string
      readonly generation: number
      readonly parent: number | null
      readonly rotatedAt: number
      readonly isPresented: number
      readonly familyExpiresAt: number
    }

/** For a SELECT from `session`. */
export const FAMILY_COLUMNS = `
  seed_digest AS seedDigest, generation, parent, rotated_at AS rotatedAt,
  is_presented AS isPresented, family_expires_at AS familyExpiresAt`

export function toFamily(row: FamilyRow): RefreshFamily | undefined {
  if (row.seedDigest === null) return undefined
  return {
    seedDigest: row.seedDigest,
    generation: row.generation,
    parent: row.parent ?? undefined,
    rotatedAt: row.rotatedAt,
    isPresented: row.isPresented === 1,
    expiresAt: row.familyExpiresAt,
  }
}

/** Values for the columns, in the order of {@link FAMILY_COLUMNS}. */
export function fromFamily(family: RefreshFamily | undefined): SqliteValue[] {
  if (family === undefined) return [null, null, null, null, null, null]
  const { seedDigest, generation, parent, rotatedAt, isPresented, expiresAt } = family
  return [seedDigest, generation, parent ?? null, rotatedAt, isPresented ? 1 : 0, expiresAt]
}

const WRITE = `
  UPDATE session SET
    seed_digest = ?, generation = ?, parent = ?, rotated_at = ?, is_presented = ?, family_expires_at = ?
  WHERE id = ?`

export function writeFamily(
  connection: Connection,
  id: string,
  family: RefreshFamily | undefined,
): void {
  connection.run(WRITE, ...fromFamily(family), id)
}
