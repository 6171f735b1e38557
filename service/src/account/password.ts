/**
 * Passwords are used exactly as sent: nothing is trimmed, composed or cut off (ASVS 6.2.8).
 * They are hashed with argon2id by the parameters OWASP's Password Storage Cheat Sheet gives:
 * 19 MiB, 2 passes, 1 lane; 7 to 30 ms of one core.
 */
import { hash, parseOptions, verify } from '@node-rs/argon2'
import { availableParallelism } from 'node:os'
import { createQueue, type Queue } from './queue.js'

/**
 * The fewest characters (code points) of a new password. Production follows what ASVS 6.2.1 recommends and NIST SP
 * 800-63B-4 asks for where a password is all there is; elsewhere the walks of the source documents, whose password is
 * `test123`, must go through. A password that somebody has already is never too short.
 */
export const PASSWORD_MINIMUM = { production: 15, elsewhere: 6 } as const

/** The most bytes of a password (UTF-8). Far beyond what anybody types; a bound for the hash. */
export const PASSWORD_MOST_BYTES = 1024

/** argon2id. 19,456 KiB; a change is applied to each hash at its owner's next sign-in. */
export const HASH_PARAMETERS = { memoryCost: 19_456, timeCost: 2, parallelism: 1, outputLen: 32 }

/** How many may wait while others are hashed; with two at once, the last waits for about a second. */
const MOST_WAITING = 64

/** Whether a person may choose `text`: long enough, not beyond the bound, and well-formed Unicode. */
export function isAcceptablePassword(text: string, minimum: number): boolean {
  return isPossiblePassword(text) && [...text].length >= minimum
}

/** Whether anybody's password can be `text`. Where not, it is wrong without a hash being computed. */
export function isPossiblePassword(text: string): boolean {
  const bytes = Buffer.byteLength(text)
  // A lone surrogate has no UTF-8 of its own: several texts would share one hash.
  return bytes > 0 && bytes <= PASSWORD_MOST_BYTES && !/\p{Surrogate}/u.test(text)
}

/** Hashes and checks passwords, a few at a time. */
export interface PasswordHasher {
  /** A new hash, as text in PHC format. */
  create(password: string): Promise<string>
  /** Whether `password` is the one `stored` was made of. Without `stored`: `false`, after the same work. */
  matches(stored: string | undefined, password: string): Promise<boolean>
  /** Whether `stored` was made by other parameters than today's. */
  isOutdated(stored: string): boolean
}

/** @throws Busy (from each call) where too many wait already. */
export function createPasswordHasher(queue: Queue = defaultQueue()): PasswordHasher {
  const { memoryCost, timeCost, parallelism } = HASH_PARAMETERS
  // So that an unknown name takes as long as a wrong password. Made once, on first need.
  let decoy: Promise<string> | undefined
  return {
    create: (password) => queue.run(() => hash(password, HASH_PARAMETERS)),
    matches: (stored, password) =>
      queue.run(async () => {
        if (stored !== undefined) return await verify(stored, password)
        decoy ??= hash('nobody has this password', HASH_PARAMETERS)
        await verify(await decoy, password)
        return false
      }),
    isOutdated(stored) {
      const made = parseOptions(stored)
      const isSame = made.memoryCost === memoryCost && made.timeCost === timeCost
      return !isSame || made.parallelism !== parallelism || !stored.startsWith('$argon2id$')
    },
  }
}

/** Hashing runs on libuv's four threads, which files and names need too: never more than three at once. */
function defaultQueue(): Queue {
  return createQueue({
    atOnce: Math.min(3, Math.max(2, availableParallelism())),
    waiting: MOST_WAITING,
  })
}
