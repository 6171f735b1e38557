/** What makes a secret good: long enough, not to be guessed, and used for one thing in one place. */

/** Three kinds, three secrets: whoever learns one of them can forge one kind, and nothing else. */
export const KINDS = ['JWT_SECRET', 'REFRESH_SECRET', 'SESSION_SECRET']

const LEAST_LENGTH = 32
const LEAST_BITS = 128
const HOW = '`openssl rand -base64 32` makes one'

/** The secrets of one kind, newest first: `new,old` signs with the new one and accepts both. */
export function secretsIn(environment, kind) {
  const list = (environment[kind] ?? '').split(',').map((text) => text.trim())
  return list.filter((text) => text !== '')
}

/** What is wrong with the secrets of one environment, in words without any secret in them. */
export function problemsOf(environment) {
  return [...KINDS.flatMap((kind) => problemsOfKind(environment, kind)), ...sharedIn(environment)]
}

/** Secrets that two environments have in common: who gets into one of them is then in the other, too. */
export function problemsAcross(environments) {
  const users = new Map()
  for (const [name, environment] of Object.entries(environments)) {
    for (const secret of KINDS.flatMap((kind) => secretsIn(environment, kind))) {
      users.set(secret, new Set(users.get(secret)).add(name))
    }
  }
  const shared = [...users.values()].filter(({ size }) => size > 1)
  return shared.map((names) => `${[...names].join(' and ')} share a secret: ${HOW} for each`)
}

function problemsOfKind(environment, kind) {
  const secrets = secretsIn(environment, kind)
  if (secrets.length === 0) return [`${kind} is missing: ${HOW}`]
  return secrets.flatMap((secret) => {
    if (secret.length < LEAST_LENGTH) return [`${kind} must be at least 32 characters long: ${HOW}`]
    return estimateBits(secret) < LEAST_BITS ? [`${kind} can be guessed: ${HOW}`] : []
  })
}

function sharedIn(environment) {
  return KINDS.flatMap((kind, index) =>
    KINDS.slice(index + 1)
      .filter((other) => {
        const own = secretsIn(environment, kind)
        return secretsIn(environment, other).some((secret) => own.includes(secret))
      })
      .map((other) => `${kind} and ${other} share a secret: one for each`),
  )
}

const WORD =
  /access|admin|and|auth|battery|change|character|cat|cookie|correct|demo|default|dev|example|for|horse|key|keyboard|least|long|must|password|phrase|prod|random|refresh|sample|secret|session|should|staple|strong|super|test|that|the|this|token|very|with|word|your/gi
const BITS_PER_WORD = 10

/**
 * About how many bits a guesser needs. It proves nothing about a good text, but finds the plainly bad ones: words,
 * repeats, runs such as `abcdef`, few different characters.
 */
export function estimateBits(text) {
  const words = text.match(WORD)?.length ?? 0
  const rest = text.replace(WORD, '')
  const surprises = new Set()
  for (let at = 2; at < rest.length; at += 1) {
    const three = rest.slice(at - 2, at + 1)
    if (!isRun(three)) surprises.add(three)
  }
  return surprises.size * Math.log2(new Set(rest).size || 1) + words * BITS_PER_WORD
}

function isRun(three) {
  const step = three.charCodeAt(1) - three.charCodeAt(0)
  return Math.abs(step) <= 1 && three.charCodeAt(2) - three.charCodeAt(1) === step
}
