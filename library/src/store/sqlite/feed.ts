import type { ChangeFeed, Endings } from '../change-feed.js'
import { Watchers } from '../memory/watchers.js'
import type { Connection } from './connection.js'

/** Milliseconds after which those who watch are told of other processes, though nobody asks for the age. */
const LOOK_EVERY = 250

/** The change feed of one open file. */
export interface Feed extends ChangeFeed {
  /** This process has committed: tells what that changed. Never throws. */
  readonly committed: () => void
  /** Stops looking. */
  readonly close: () => void
}

/** Another number means: somebody else has committed. The cheapest thing there is to ask SQLite. */
const VERSION = `PRAGMA data_version`
const LATEST = `SELECT coalesce(max(place), 0) AS place FROM change`
const NEWS = `SELECT place, kind, name FROM change WHERE place > ? ORDER BY place`

interface News {
  readonly place: number
  readonly kind: string
  readonly name: string
}

/**
 * Tells watchers what triggers wrote down with every change (see schema-2.ts): of this process as soon
 * as it is committed, of others at the next look. To ask for the age is to look, so that whatever
 * was committed before has been told when it answers; and where the file cannot be looked at, it says so.
 */
export function createFeed(
  connection: Connection,
  endings: (since: number) => Promise<Endings>,
): Feed {
  const watchers = new Watchers()
  const reader = createReader(connection, watchers)
  let looking: NodeJS.Timeout | undefined
  const stop = (): void => {
    clearInterval(looking)
    looking = undefined
  }
  const age = (): number => {
    if (watchers.count === 0) return Number.POSITIVE_INFINITY
    return reader.look() ? 0 : Number.POSITIVE_INFINITY
  }
  return {
    watch(watcher) {
      if (watchers.count === 0) reader.begin()
      const watching = watchers.add(watcher)
      looking ??= setInterval(age, LOOK_EVERY).unref()
      return {
        close() {
          watching.close()
          if (watchers.count === 0) stop()
        },
      }
    },
    age,
    endings,
    committed() {
      if (watchers.count > 0) reader.committed()
    },
    close: stop,
  }
}

interface Reader {
  /** What was committed up to now need not be told. */
  begin(): void
  /** Tells what others have committed. `false` where that cannot be known. */
  look(): boolean
  committed(): void
}

function createReader(connection: Connection, watchers: Watchers): Reader {
  /** As it was when the news were last read; `undefined` where they have to be read in any case. */
  let version: number | undefined
  /** Of the last news told; `undefined` where nobody knows. */
  let place: number | undefined

  const readVersion = (): number =>
    (connection.get(VERSION) as { readonly data_version: number }).data_version
  const readPlace = (): number => (connection.get(LATEST) as { readonly place: number }).place

  function tell(): void {
    if (place === undefined) {
      place = readPlace()
      watchers.everything()
      return
    }
    const news = connection.all(NEWS, place) as readonly News[]
    const isWhole = news[0]?.place === place + 1
    place = news.at(-1)?.place ?? place
    if (news.length === 0) return
    if (isWhole) for (const each of news) tellOne(watchers, each)
    else watchers.everything()
  }

  return {
    begin() {
      version = place = undefined
      try {
        // In this order: what is committed in between shall be read, not passed over.
        const present = readVersion()
        place = readPlace()
        version = present
      } catch {
        // The first look that succeeds will tell everything.
      }
    },
    look() {
      try {
        const present = readVersion()
        if (present !== version) tell()
        version = present
        return true
      } catch {
        return false
      }
    },
    committed() {
      try {
        tell()
      } catch {
        version = undefined
      }
    },
  }
}

function tellOne(watchers: Watchers, { kind, name }: News): void {
  if (kind === 'session') watchers.session(name)
  else if (kind === 'subject') watchers.subject(name)
  else if (kind === 'document') watchers.document(name)
  // Written by a later version, which knows what has to be thought of it.
  else watchers.everything()
}
