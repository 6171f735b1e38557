import { spawnSync } from 'node:child_process'

/** What promtool said. */
export interface Verdict {
  readonly code: number | null
  readonly output: string
}

/** Runs Prometheus' own checker. Fails with what to install where it is missing. */
export function promtool(args: readonly string[], input = ''): Verdict {
  const { error, status, stdout, stderr } = spawnSync('promtool', args, { input, encoding: 'utf8' })
  if (error !== undefined) throw new Error(MISSING, { cause: error })
  return { code: status, output: stdout + stderr }
}

export const MISSING =
  'These tests need Prometheus itself: install it (Debian and Ubuntu: `apt-get install prometheus`; ' +
  'macOS: `brew install prometheus`), so that `prometheus` and `promtool` are on the PATH.'
