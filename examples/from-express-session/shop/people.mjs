/** Who may sign in. The passwords are public: this is a shop without goods. */
import { randomBytes, scryptSync, timingSafeEqual } from 'node:crypto'

const COST = { N: 2 ** 14, r: 8, p: 1 }
const people = new Map(
  [
    ['ada', 'Ada', 'correct horse'],
    ['bob', 'Bob', 'battery staple'],
  ].map(([id, name, password]) => [id, { id, name, ...hash(password, randomBytes(16)) }]),
)
const NOBODY = hash('', randomBytes(16))

/** Takes as long for a name that nobody has. */
export function check({ username, password } = {}) {
  const person = people.get(username)
  const { salt, digest } = person ?? NOBODY
  const isSame = timingSafeEqual(hash(String(password), salt).digest, digest)
  return person && isSame ? { id: person.id, name: person.name } : undefined
}

function hash(password, salt) {
  return { salt, digest: scryptSync(password, salt, 32, COST) }
}
