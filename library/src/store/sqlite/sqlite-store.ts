import { InvalidOption } from '../../errors.js'
import { systemClock, type Clock } from '../../system/clock.js'
import { createRouting } from '../bucket.js'
import { checkChange } from '../input.js'
import {
  STORE_DEFAULTS,
  type Store,
  type StoreDocument,
  type StoreHealth,
  type StoreOptions,
} from '../store.js'
import { change, durabilityOf } from './change.js'
import type { Connection, Durability } from './connection.js'
import type { Context } from './context.js'
import { createCounters } from './counters.js'
import { create } from './create.js'
import { findDocument, keepDocument, writeDocument } from './document.js'
import { findSqliteDriver, type SqliteDriver } from './driver.js'
import { end, endAll, reap } from './end.js'
import { endings } from './endings.js'
import { toFault } from './fault.js'
import { createFeed, type Feed } from './feed.js'
import { assertInPlace, identityOf, look, probeWriting } from './health.js'
import { list } from './list.js'
import { read, readSubject } from './lookup.js'
import { openFile } from './open-file.js'
import { rotate } from './rotate.js'
import { changeSubject } from './subject.js'
import { sweep } from './sweep.js'
import { give, take } from './transfer.js'
import { whenFree } from './waiting.js'
import { walk } from './walk.js'
import { createWriter } from './writer.js'

/** Options of {@link openSqliteStore}. */
export interface SqliteStoreOptions extends StoreOptions {
  /**
   * Path of the file, created where it is not there (its folder is not), readable by its owner alone. It
   * belongs to the store: nothing else may be kept in it. Two files stand beside it while it is open,
   * `-wal` and `-shm`; they are part of it. It has to be on a local disk.
   */
  readonly file: string
  /** The clock of all instants; the same for every process that shares the file. Default: the host's. */
  readonly clock?: Clock
  /** Assigns subjects to buckets. Default: a fixed text, which the file keeps, so that all its processes agree. */
  readonly routingKey?: string
  /** Milliseconds for which a call waits for another process's lock before it throws; below the command deadline. Default 200. */
  readonly busyTimeout?: number
  /** Milliseconds for which opening waits for another process that opens, migrates or locks the file. Default 5000. */
  readonly openTimeout?: number
  /** The SQLite to use. Default: what {@link findSqliteDriver} finds. */
  readonly driver?: SqliteDriver
}

/** How many creations pay for one sweep. Each may remove four times as many rows as they added. */
const SWEEP_EVERY = 8

/**
 * Opens a store that keeps sessions in one SQLite file. Processes of one host may share the file, such
 * as the workers of a cluster; what one of them answers, all others see.
 *
 * **What survives.** Every answered write survives the death of the process (`kill -9`). Creations,
 * renewals, rotations, changes of traits, ends, `endAll`, documents and changes of subjects survive a power
 * cut too, once answered: their commit is synced to the disk (`synchronous = FULL`). Touches, patches of data and counts are
 * not synced one by one (`NORMAL`): a power cut may lose the last of them, never one without all after
 * it, and never the file.
 *
 * **What it costs.** SQLite runs on the event loop: a read takes it for about ten microseconds, a touch for
 * some fifty, a synced commit for as long as the disk takes to sync; the writes of one turn share it.
 * Every eighth `create`, and every eighth count, sweeps away some of what has had its time. Nothing runs by itself, but that the
 * file is looked at four times a second while somebody watches its changes.
 *
 * @throws InvalidOption where an option is wrong, no SQLite is there (see {@link findSqliteDriver}), or
 * the file belongs to a later version or another application.
 * @throws StoreUnavailable where the file cannot be opened now: locked, damaged, not a database.
 */
export async function openSqliteStore(options: SqliteStoreOptions): Promise<Store> {
  assertOptions(options)
  const driver = options.driver ?? (await findSqliteDriver())
  const opening = openFile(driver, options.file, options.openTimeout ?? 5_000)
  const connection = await opening.catch(rethrow)
  try {
    return toStore(connection, options)
  } catch (error) {
    connection.close()
    throw toFault(error)
  }
}

function assertOptions(options: SqliteStoreOptions): void {
  const { file } = options
  if (typeof file !== 'string' || file === '' || file === ':memory:' || file.startsWith('file:')) {
    throw new InvalidOption('file: must be the path of a file; createMemoryStore() keeps none')
  }
  for (const name of ['busyTimeout', 'openTimeout', 'tombstoneFor', 'lingerFor'] as const) {
    const value = options[name]
    if (value !== undefined && !(Number.isFinite(value) && value >= 0)) {
      throw new InvalidOption(`${name}: must be a number of milliseconds, 0 or more`)
    }
  }
}

/** How the store's verbs reach the file. */
interface Access {
  /** Reads at one instant, without waiting for writers. */
  read<T>(verb: (context: Context) => T): Promise<T>
  /** Runs a verb in a transaction of its own. */
  write<T>(durability: Durability, verb: (context: Context) => T): Promise<T>
  readonly changes: Feed
  close(): Promise<void>
}

function toAccess(connection: Connection, options: SqliteStoreOptions): Access {
  const { clock = systemClock, busyTimeout = 200 } = options
  const { tombstoneFor = STORE_DEFAULTS.tombstoneFor, lingerFor = STORE_DEFAULTS.lingerFor } =
    options
  const context = (): Context => ({ connection, now: clock.now(), tombstoneFor, lingerFor })
  const read: Access['read'] = (verb) => whenFree(() => verb(context()), busyTimeout).catch(rethrow)
  const changes = createFeed(connection, (since) => read((context) => endings(context, since)))
  const writer = createWriter(connection, busyTimeout, changes.committed)
  return {
    read,
    changes,
    write: (durability, verb) => writer.write(durability, () => verb(context())),
    async close() {
      await writer.settled()
      changes.close()
      release(connection)
    },
  }
}

function rethrow(error: unknown): never {
  throw toFault(error)
}

/** Moves the log into the file, so that it stands alone, and closes it. */
function release(connection: Connection): void {
  try {
    connection.get('PRAGMA wal_checkpoint(TRUNCATE)')
  } catch {
    // Another process reads or writes: the log stays, whole, for the last one to move.
  }
  connection.close()
}

function toStore(connection: Connection, options: SqliteStoreOptions): Store {
  const access = toAccess(connection, options)
  const identity = identityOf(options.file)
  let creations = 0
  let closing: Promise<void> | undefined
  return {
    name: 'sqlite',
    bucketOf: createRouting(options.routingKey ?? routingKeyOf(connection)),
    create: (session) =>
      access.write('synced', (context) => {
        if (creations++ % SWEEP_EVERY === 0) sweep(context)
        return create(context, session)
      }),
    read: (id) => access.read((context) => read(context, id)),
    change: async (id, wanted) => {
      checkChange(wanted)
      return access.write(durabilityOf(wanted), (context) => change(context, id, wanted))
    },
    rotate: (id, rotation) => access.write('synced', (context) => rotate(context, id, rotation)),
    end: (id, reason, how) => access.write('synced', (context) => end(context, id, reason, how)),
    endAll: (subject, reason, except) =>
      access.write('synced', (context) => endAll(context, subject, reason, except)),
    reap: (subject, limit) => access.write('written', (context) => reap(context, subject, limit)),
    list: (subject, page) => access.read((context) => list(context, subject, page)),
    walk: (step) => access.read((context) => walk(context, step)),
    readSubject: (subject) => access.read((context) => readSubject(context, subject)),
    changeSubject: (subject, wanted) =>
      access.write('synced', (context) => changeSubject(context, subject, wanted)),
    readDocument: (name) => readDocument(access, name),
    writeDocument: (name, text, expect) =>
      access.write('synced', (context) => writeDocument(context, name, text, expect)),
    changes: access.changes,
    counters: createCounters(access),
    transfer: {
      give: (step) => access.read((context) => give(context, step)),
      take: (item) => access.write('synced', (context) => take(context, item)),
    },
    check: () => check(access, options.file, identity),
    close: () => (closing ??= access.close()),
  }
}

/** To note that it is still read may wait until tomorrow: an answer that is there is given. */
async function readDocument(access: Access, name: string): Promise<StoreDocument | undefined> {
  const found = await access.read((context) => findDocument(context, name))
  if (found === undefined) return undefined
  const { isToBeKept, ...document } = found
  if (isToBeKept) {
    const keeping = access.write('written', (context) => {
      keepDocument(context, name)
    })
    await keeping.catch(() => undefined)
  }
  return document
}

function routingKeyOf(connection: Connection): string {
  const row = connection.get(`SELECT value FROM setting WHERE name = 'routing_key'`)
  return (row as { readonly value: string }).value
}

async function check(access: Access, file: string, identity: string): Promise<StoreHealth> {
  const details = await access.read((context) => {
    assertInPlace(file, identity)
    return look(context, file)
  })
  return { details: { ...details, isWritable: await isWritable(access) } }
}

async function isWritable(access: Access): Promise<boolean> {
  try {
    await access.read(({ connection }) => {
      probeWriting(connection)
    })
    return true
  } catch {
    return false
  }
}
