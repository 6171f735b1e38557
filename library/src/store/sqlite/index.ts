/**
 * store/sqlite/ owns sessions at rest in one SQLite file, shared by the processes of one host. The
 * composition root opens it; it knows nothing of credentials or requests.
 *
 * @module
 */
export { findSqliteDriver, isSafeVersion } from './driver.js'
export type { SqliteDatabase, SqliteDriver, SqliteStatement, SqliteValue } from './driver.js'
export { openSqliteStore, type SqliteStoreOptions } from './sqlite-store.js'
