import { createRequire } from 'node:module'
import original from 'express-session'

/** Both modules, as loosely as JavaScript sees them: most scenarios pass what no type allows. */
export type SessionModule = any

export const ORIGINAL: SessionModule = original

/**
 * What is held against the original. DIFFERENTIAL_SUBJECT names another module instead: with
 * `express-session` the suite compares the original with itself, which must show no difference (what is
 * compared is stable); with the path of a changed copy of it, it must show one (the suite can fail).
 */
export const SUBJECT: SessionModule = await subject(process.env['DIFFERENTIAL_SUBJECT'])

/** Only ours has differences that are meant. */
export const IS_OURS: boolean = process.env['DIFFERENTIAL_SUBJECT'] === undefined

async function subject(chosen: string | undefined): Promise<SessionModule> {
  if (chosen !== undefined) return createRequire(import.meta.url)(chosen)
  const ours: SessionModule = await import('../../../../src/compat/express-session/index.js')
  return ours.default
}
