import { LONGEST_LIFETIME, type PrivacyMode, type SojournOptions } from '../../options.js'
import type { Store } from '../../store/store.js'
import { createCore } from '../../sojourn.js'
import type { Core } from '../../session/visit.js'
import type { Duration } from '../../system/duration.js'
import { randomToken } from '../../system/random.js'
import type { LegacyRecords } from './legacy.js'

/** Options of `keepSessions`. Durations are seconds as a number, or text with a unit (`'15m'`). */
export interface KeepSessionsOptions {
  /** Where sessions rest: `createMemoryStore()`, `openSqliteStore()` or `createRedisStore()`. */
  readonly store: Store
  /** Time without a request after which a session expires whose cookie has no `maxAge`. Default `'24h'`. */
  readonly idle?: Duration
  /** Time after its start at which a session expires whatever happens. Default 400 days, the longest there is. */
  readonly absolute?: Duration
  /** A session is marked as seen at most once in this time. Default the smaller of 60 s and a tenth of its idle time. */
  readonly touchEvery?: Duration
  /** How many live sessions a subject of `login` may have, and what happens to one more. Default: 100, evicting the oldest. */
  readonly limit?: SojournOptions['limit']
  /** The near cache, as in `createSojourn`. There is none while legacy records are mirrored. */
  readonly cache?: SojournOptions['cache']
  /** Deadlines and the circuit breaker in front of the store, as in `createSojourn`. */
  readonly resilience?: SojournOptions['resilience']
  /** What is kept of a client's address and user agent at its `login`. Default: the address, and a label of the agent. */
  readonly privacy?: KeptPrivacy
  /** Records that were kept before, and that old nodes may still read and write. Default none. */
  readonly legacy?: LegacyRecords
  /**
   * What becomes of them. `'mirror'` (default): every session rests as a legacy record, too, so that nodes of before and
   * after can serve one person in turn, and there is a way back. `'adopt'`: they are taken over as people come by, and removed.
   */
  readonly legacyMode?: 'mirror' | 'adopt'
  /** The clock. Default: the host's. For tests. */
  readonly clock?: SojournOptions['clock']
}

/** How much of a client is kept. */
export interface KeptPrivacy {
  readonly address?: Exclude<PrivacyMode, 'keyed-hash'>
  readonly agent?: Exclude<PrivacyMode, 'keyed-hash'>
}

/** Throws `InvalidOption`. */
export function openCore(options: KeepSessionsOptions): Core {
  const { store, idle = '24h', absolute = LONGEST_LIFETIME / 1_000, legacy, legacyMode } = options
  const { touchEvery, limit, resilience, privacy, clock } = options
  // A mirrored session is compared with a record that nobody tells of: both are read at one time.
  const isMirroring = legacy !== undefined && legacyMode !== 'adopt'
  const cache = isMirroring ? false : options.cache
  return createCore({
    // Nothing is tagged with it: the credential here is the cookie of express-session.
    secrets: randomToken(32),
    idle,
    absolute,
    store,
    ...given({ touchEvery, limit, resilience, privacy, clock, cache }),
  })
}

/** What was said of some options: `undefined` is what says nothing. */
function given<Options extends object>(options: Options): Given<Options> {
  const said = Object.entries(options).filter(([, value]) => value !== undefined)
  return Object.fromEntries(said) as Given<Options>
}

type Given<Options> = { [Name in keyof Options]?: Exclude<Options[Name], undefined> }
