/** Who is registered: one Redis hash, name to salted scrypt hash. */
import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto'
import { promisify } from 'node:util'

const PEOPLE = 'app-people'
const derive = promisify(scrypt)
// OWASP's figures for scrypt, about 64 MB and a tenth of a second each.
const COST = { N: 2 ** 16, r: 8, p: 2, maxmem: 96 * 2 ** 20 }

/** Compared with where there is nobody of that name, so that both take as long. */
const NOBODY = await hash(randomBytes(16).toString('hex'))

/** `false` where the name is taken; then nothing has changed. */
export async function register(client, name, password) {
  return (await client.hSetNX(PEOPLE, name, await hash(password))) === 1
}

export async function isPasswordOf(client, name, password) {
  const known = await client.hGet(PEOPLE, name)
  const [salt, wanted] = (known ?? NOBODY).split('.').map((part) => Buffer.from(part, 'base64'))
  const found = await derive(password, salt, wanted.length, COST)
  return timingSafeEqual(found, wanted) && known !== null && known !== undefined
}

async function hash(password) {
  const salt = randomBytes(16)
  const derived = await derive(password, salt, 32, COST)
  return `${salt.toString('base64')}.${derived.toString('base64')}`
}
