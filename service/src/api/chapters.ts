import { account } from './describe/account.js'
import { admin } from './describe/admin.js'
import { devices } from './describe/devices.js'
import { home } from './describe/home.js'
import { operation } from './describe/operation.js'
import { security } from './describe/security.js'
import { sessionData } from './describe/session-data.js'
import { signIn } from './describe/sign-in.js'
import { signOut } from './describe/sign-out.js'
import { tokenEndpoints } from './describe/tokens.js'
import type { Chapter } from './operation.js'

/** Everything that can be asked, in the order in which people read of it. */
export const CHAPTERS: readonly Chapter[] = [
  signIn,
  account,
  sessionData,
  devices,
  security,
  signOut,
  tokenEndpoints,
  home,
  admin,
  operation,
]
