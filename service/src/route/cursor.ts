import { createHmac, timingSafeEqual } from 'node:crypto'
import { Problem } from '../http/index.js'

/** Cursors as clients hold them: sealed for one person, so that nobody can make one up or use another's. */
export interface Cursors {
  seal(subject: string, cursor: string): string
  /** `undefined` where it is not one that this person was given. */
  open(subject: string, sealed: string): string | undefined
}

/** 96 bits: it guards an order of one's own devices. */
const SEAL_BYTES = 12
const SEAL_LENGTH = 16

/** Cursors under a ring of secrets, newest first. */
export function createCursors(secrets: readonly string[]): Cursors {
  const keys = secrets.map((secret) => hmac(secret, 'sojourn page cursor v1'))
  const seals = (subject: string, cursor: string): readonly string[] =>
    keys.map((key) =>
      hmac(key, `${subject}\0${cursor}`).subarray(0, SEAL_BYTES).toString('base64url'),
    )
  return {
    seal: (subject, cursor) => `${seals(subject, cursor)[0] ?? ''}${cursor}`,
    open(subject, sealed) {
      const cursor = sealed.slice(SEAL_LENGTH)
      const seal = Buffer.from(sealed.slice(0, SEAL_LENGTH))
      const isOurs = seals(subject, cursor)
        .map((right) => Buffer.from(right))
        .some((right) => right.length === seal.length && timingSafeEqual(right, seal))
      return isOurs ? cursor : undefined
    },
  }
}

/** What a query names; one that this person was not given is refused with 400. */
export function openCursor(
  cursors: Cursors,
  subject: string,
  sealed: string | undefined,
): string | undefined {
  if (sealed === undefined) return undefined
  const cursor = cursors.open(subject, sealed)
  if (cursor !== undefined) return cursor
  const detail = 'cursor is not valid.'
  throw new Problem({ status: 400, code: 'field_invalid', detail, extra: { field: 'cursor' } })
}

function hmac(key: string | Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest()
}
