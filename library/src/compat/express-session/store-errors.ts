/** Stores that keep files say so of a session they do not have. */
export function isMissing(error: unknown): boolean {
  return (error as { code?: unknown }).code === 'ENOENT'
}

/** The session ended meanwhile. */
export function isEnded(error: unknown): boolean {
  return (error as { code?: unknown }).code === 'session_ended'
}
