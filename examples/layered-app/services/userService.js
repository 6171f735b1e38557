/** What people see and change of themselves. */
import { findUser, setDisplayName } from '../models/userModel.js'

/** Never the password's hash. */
export async function profileOf(username) {
  const user = await findUser(username)
  return user && { username, displayName: user.displayName }
}

export async function rename(username, displayName) {
  await setDisplayName(username, displayName)
  return profileOf(username)
}
