/** Who is registered, in memory: put your database here. */
import { randomBytes, randomUUID, scrypt, timingSafeEqual } from 'node:crypto'
import { promisify } from 'node:util'

const derive = promisify(scrypt)
// OWASP's figures for scrypt, about 64 MB and a tenth of a second each.
const COST = { N: 2 ** 16, r: 8, p: 2, maxmem: 96 * 2 ** 20 }

export class People {
  #byName = new Map()
  #byId = new Map()

  async register(name, password) {
    const salt = randomBytes(16)
    const hash = await derive(password, salt, 32, COST)
    if (this.#byName.has(name)) return undefined
    const person = { id: randomUUID(), name, role: 'reader', salt, hash }
    this.#byName.set(name, person)
    this.#byId.set(person.id, person)
    return person
  }

  /** Takes as long for a name that nobody has. */
  async check(name, password) {
    const person = this.#byName.get(name)
    const { salt, hash } = person ?? NOBODY
    const isSame = timingSafeEqual(await derive(password, salt, 32, COST), hash)
    return isSame ? person : undefined
  }

  find(id) {
    return this.#byId.get(id)
  }

  remove(id) {
    this.#byName.delete(this.#byId.get(id)?.name)
    this.#byId.delete(id)
  }
}

const NOBODY = { salt: randomBytes(16), hash: randomBytes(32) }
