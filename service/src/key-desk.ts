import type {
  GenerateOptions,
  KeyAlgorithm,
  KeyChange,
  KeyDocuments,
  KeyFacts,
  KeyRingAdmin,
  KeyWarning,
} from 'sojourn/keys'
import type { Config } from './config/config.js'
import { openKeyRing, openStoredKeyRing } from './open-key-ring.js'
import { firstSeen, MOST_AGE, type SecretName } from './secret-ages.js'

/** What can be done to the ring of signing keys. */
export type KeyAct = 'generate' | 'rotate' | 'activate' | 'retire'

/** How it is done. */
export interface KeyActOptions {
  /** At once: a new key signs, or a key is refused with all its tokens. */
  readonly now?: boolean | undefined
  /** Only say what would happen. */
  readonly dryRun?: boolean | undefined
  /** What kind of key to make. */
  readonly algorithm?: KeyAlgorithm | undefined
}

/** The ring as it is in the store at this moment. */
export interface ListedKeys {
  /** `static`: `JWT_SECRET` is a shared secret, and there is no ring in the store. */
  readonly kind: 'stored' | 'static'
  readonly keys: readonly KeyFacts[]
  readonly warnings: readonly KeyWarning[]
}

/** A secret of the environment. Nothing of it, and nothing that it could be compared with. */
export interface SecretFacts {
  readonly name: SecretName
  /** How many are in use: the first one makes, the others are still accepted. */
  readonly count: number
  /** When the first one was first seen, in epoch milliseconds. */
  readonly since: number | undefined
  readonly isOld: boolean
}

/** The keys and secrets of the service, for whoever administers them: the commands, and the console. */
export interface KeyDesk {
  list(): Promise<ListedKeys>
  /** `undefined` where there is no ring that could be changed. @throws SojournError where the ring refuses */
  change(act: KeyAct, kid: string, options: KeyActOptions): Promise<KeyChange | undefined>
  /** @param now - the present instant, in epoch milliseconds */
  secrets(now: number): Promise<readonly SecretFacts[]>
}

export function createKeyDesk(config: Config, documents: KeyDocuments): KeyDesk {
  // One ring for all questions, made when it is first asked for: it reads the store each time.
  let ring: ReturnType<typeof openStoredKeyRing>
  const stored = (): typeof ring => (ring ??= openStoredKeyRing(config, documents))
  return {
    async list() {
      const found = stored()
      if (found !== undefined) {
        const keys = await found.admin.list()
        return { kind: 'stored', keys, warnings: found.warnings }
      }
      const fixed = openKeyRing(config, documents)
      // They neither come nor go, so no instant matters.
      return { kind: 'static', keys: fixed.describe(0), warnings: fixed.warnings }
    },
    async change(act, kid, options) {
      const found = stored()
      return found === undefined ? undefined : ACTS[act](found.admin, kid, options)
    },
    async secrets(now) {
      const ages = await firstSeen({ config, documents, now: () => now })
      return COUNTS.flatMap(([name, countOf]) => {
        const count = countOf(config)
        const since = ages.get(name)
        const isOld = since !== undefined && now - since >= MOST_AGE
        return count === 0 ? [] : [{ name, count, since, isOld }]
      })
    },
  }
}

const COUNTS: readonly (readonly [SecretName, (config: Config) => number])[] = [
  ['SESSION_SECRET', ({ secrets }) => secrets.session.length],
  ['REFRESH_SECRET', ({ secrets }) => secrets.refresh.length],
  ['JWT_SECRET', ({ tokens }) => tokens.keys.length],
]

const ACTS: Readonly<
  Record<KeyAct, (ring: KeyRingAdmin, kid: string, options: KeyActOptions) => Promise<KeyChange>>
> = {
  generate: async (ring, _kid, options) => ring.generate(generateOptions(options)),
  rotate: async (ring, _kid, options) => ring.rotate(generateOptions(options)),
  activate: async (ring, kid, { dryRun = false }) => ring.activate(kid, { dryRun }),
  retire: async (ring, kid, { now = false, dryRun = false }) =>
    now ? ring.retireNow(kid, { dryRun }) : ring.retire(kid, { dryRun }),
}

function generateOptions({ now = false, dryRun = false, algorithm }: KeyActOptions) {
  const options: GenerateOptions = {
    dryRun,
    ...(now ? { activeAt: 'now' } : {}),
    ...(algorithm === undefined ? {} : { algorithm }),
  }
  return options
}
