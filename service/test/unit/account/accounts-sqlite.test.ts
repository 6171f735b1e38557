import { findSqliteDriver } from '../../../../library/src/store/sqlite/driver.js'
import { openDatabase } from '../../../src/account/database.js'
import { describeAccounts } from './accounts-suite.js'

const module = await findSqliteDriver()

describeAccounts('SQLite, in memory', () =>
  openDatabase({ kind: 'sqlite', file: ':memory:', module }),
)
