/** account/ as others see it. What it owns is said in `accounts.ts`. */
export type * from './account.js'
export { createAccounts, type AccountsOptions } from './accounts.js'
export { openDatabase, type DatabasePlace } from './database.js'
export { AccountError, AccountsUnavailable, Busy, InvalidField } from './errors.js'
export { isAddress, isVisible, isVisibleName, LONGEST_NAME, nameKey } from './name.js'
export { PASSWORD_MINIMUM, PASSWORD_MOST_BYTES } from './password.js'
