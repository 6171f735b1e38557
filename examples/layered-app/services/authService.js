/** Who may come in: passwords are checked here, and nowhere else. */
import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto'
import { promisify } from 'node:util'
import { createUser, findUser } from '../models/userModel.js'

const derive = promisify(scrypt)
// OWASP's figures for scrypt: about 64 MB and a tenth of a second each.
const COST = { N: 2 ** 16, r: 8, p: 2, maxmem: 96 * 2 ** 20 }
/** Compared with where there is nobody of that name, so that both answers take as long. */
const NOBODY = await hashOf(randomBytes(16).toString('hex'))

/** `false` where the name is taken. */
export async function register(username, password) {
  return createUser({ username, passwordHash: await hashOf(password) })
}

export async function isPasswordOf(username, password) {
  const user = await findUser(username)
  const [salt, wanted] = (user?.passwordHash ?? NOBODY)
    .split('.')
    .map((part) => Buffer.from(part, 'base64'))
  const found = await derive(password, salt, wanted.length, COST)
  return timingSafeEqual(found, wanted) && user !== undefined
}

async function hashOf(password) {
  const salt = randomBytes(16)
  const derived = await derive(password, salt, 32, COST)
  return `${salt.toString('base64')}.${derived.toString('base64')}`
}
