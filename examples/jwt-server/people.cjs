/** The people of this example: in memory, gone when it ends. Passwords rest as bcrypt hashes of cost 10. */
const bcrypt = require('bcryptjs')
const { AuthError, ValidationError } = require('sojourn/jwt-redis-sessions')

const COST = 10
/** What is compared with where there is nobody of that name, so that both answers take as long. */
const NOBODY = bcrypt.hashSync('nobody has this password', COST)

/** @type {Map<string, { id: string, email: string, hash: string | undefined }>} */
const people = new Map()

/** Email and password as text, or an error of status 400. */
function readCredentials(body) {
  const { email, password } = body ?? {}
  const isGood = (text, most) => typeof text === 'string' && text !== '' && text.length <= most
  // bcrypt looks at 72 bytes and no further.
  if (!isGood(email, 254) || !isGood(password, 72)) {
    throw new ValidationError('email and password are required')
  }
  return { email: email.toLowerCase(), password }
}

async function add(email, password) {
  if (people.has(email)) throw new ValidationError('User already exists')
  const user = { id: `user${people.size + 1}`, email, hash: undefined }
  // Taken before anybody waits: two who ask at once must not both get it.
  people.set(email, user)
  user.hash = await bcrypt.hash(password, COST)
  return { id: user.id, email }
}

async function find(email, password) {
  const user = people.get(email)
  const isIts = await bcrypt.compare(password, user?.hash ?? NOBODY)
  if (!isIts || user === undefined) throw new AuthError('Invalid credentials')
  return { id: user.id, email }
}

module.exports = { readCredentials, add, find }
