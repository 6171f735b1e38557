import { randomBytes } from 'node:crypto'

/** Sessions as the service writes them: random ids and digests, and what it notes of a client. */

const HOUR = 3_600_000
const token = (bytes) => randomBytes(bytes).toString('base64url')
/** As the service shortens it: kind and name of a device. */
const AGENT = 'desktop|Firefox on Linux'

/** Adds up to `data`: no data, one value of so many bytes, and so on. */
export const KINDS = {
  'signed in by cookie': {},
  'signed in, with refresh tokens': { family: true },
  'with refresh tokens and 200 bytes of data': { family: true, data: 200 },
  'with refresh tokens and 1,000 bytes of data': { family: true, data: 1_000 },
}

/** @param {{ family?: boolean, data?: number }} kind */
export function newSession(store, subject, kind = {}) {
  return {
    id: `${store.bucketOf(subject)}.${token(16)}`,
    subject,
    secretDigest: token(32),
    idleTimeout: HOUR,
    absoluteTimeout: 12 * HOUR,
    traits: { methods: 'pwd', address: '203.0.113.7', agent: AGENT },
    data: new Map(
      kind.data === undefined ? [] : [['cart', JSON.stringify('x'.repeat(kind.data - 2))]],
    ),
    ...(kind.family === true ? { family: { seedDigest: token(32), lifetime: 7 * 24 * HOUR } } : {}),
  }
}

/** A person's id as the service makes it. */
export const newSubject = () => token(16)

/** Creates `count` sessions, `perPerson` for each person, many at once. Answers seconds. */
export async function create(store, count, { perPerson = 1, kind = {}, atOnce = 256 } = {}) {
  const begunAt = performance.now()
  let left = count
  const work = async () => {
    while (left > 0) {
      const subject = newSubject()
      for (let at = 0; at < perPerson && left > 0; at += 1) {
        left -= 1
        const { status } = await store.create(newSession(store, subject, kind))
        if (status !== 'created') throw new Error(`a session was ${status}`)
      }
    }
  }
  await Promise.all(Array.from({ length: atOnce }, work))
  return (performance.now() - begunAt) / 1e3
}
