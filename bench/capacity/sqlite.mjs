import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openSqliteStore } from 'sojourn/sqlite'
import { create } from './sessions.mjs'

/** How large the file of the embedded store becomes. */
export async function measureSqlite(magnitudes, onStep) {
  const rows = []
  for (const sessions of magnitudes) {
    const folder = mkdtempSync(join(tmpdir(), 'sojourn-capacity-'))
    try {
      const file = join(folder, 'sessions.db')
      const store = await openSqliteStore({ file })
      await create(store, sessions, { kind: { family: true }, atOnce: 16 })
      await store.close()
      const { size } = statSync(file)
      rows.push({ sessions, size, each: size / sessions })
      onStep(rows.at(-1))
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  }
  return rows
}
