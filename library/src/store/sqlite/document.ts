import { assertDocument, DOCUMENT_KEPT_FOR } from '../memory/documents.js'
import type { StoreDocument } from '../store.js'
import type { Context } from './context.js'

/** Kept a day longer than promised, so that it is enough for a reader to write that down once a day. */
const KEPT_FOR: number = DOCUMENT_KEPT_FOR + 86_400_000

/** A document at rest. */
export interface RestingDocument extends StoreDocument {
  /** It has been read, and nobody wrote down today that it has to be kept for it. */
  readonly isToBeKept: boolean
}

const READ = `
  SELECT text, revision, forget_at AS forgetAt FROM document WHERE name = ? AND forget_at > ?`

interface DocumentRow {
  readonly text: string
  readonly revision: number
  readonly forgetAt: number
}

export function findDocument(
  { connection, now }: Context,
  name: string,
): RestingDocument | undefined {
  const row = connection.get(READ, name, now) as DocumentRow | undefined
  if (row === undefined) return undefined
  const { text, revision, forgetAt } = row
  return { text, revision, isToBeKept: forgetAt < now + DOCUMENT_KEPT_FOR }
}

const KEEP = `UPDATE document SET forget_at = ? WHERE name = ?`

/** Notes that a document is still read. */
export function keepDocument({ connection, now }: Context, name: string): void {
  connection.run(KEEP, now + KEPT_FOR, name)
}

const WRITE = `
  INSERT INTO document (name, revision, forget_at, text) VALUES (?, ?, ?, ?)
  ON CONFLICT (name) DO UPDATE SET
    revision = excluded.revision, forget_at = excluded.forget_at, text = excluded.text`

/** {@link Store.writeDocument}. */
export function writeDocument(
  context: Context,
  name: string,
  text: string,
  expect: number,
): StoreDocument | undefined {
  assertDocument(text)
  const revision = findDocument(context, name)?.revision ?? 0
  if (revision !== expect) return undefined
  const document = { text, revision: revision + 1 }
  putDocument(context, name, document)
  return document
}

/** Writes a document as it is given, whatever rests there. */
export function putDocument(
  { connection, now }: Context,
  name: string,
  { text, revision }: StoreDocument,
): void {
  connection.run(WRITE, name, revision, now + KEPT_FOR, text)
}
