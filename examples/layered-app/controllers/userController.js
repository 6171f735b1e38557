/** Requests of somebody about themselves. */
import { profileOf, rename } from '../services/userService.js'

export async function showProfile(req, res) {
  const profile = await profileOf(req.user.username)
  if (profile === undefined) res.status(404).json({ error: 'Nobody of that name any more' })
  else res.json(profile)
}

export async function changeProfile(req, res) {
  const { displayName } = req.body ?? {}
  if (typeof displayName !== 'string' || !/^.{1,64}$/su.test(displayName)) {
    res.status(400).json({ error: 'A displayName of 1 to 64 characters, please' })
    return
  }
  res.json(await rename(req.user.username, displayName))
}
