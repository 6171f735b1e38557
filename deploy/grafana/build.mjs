/**
 * `npm run dashboards`: makes the dashboards of Grafana out of `source/`, into `dashboards/` beside this file (which git
 * ignores) or into the folder that is named. Says what it wrote.
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createDashboards } from './source/index.mjs'

const folder = process.argv[2] ?? fileURLToPath(new URL('dashboards', import.meta.url))
mkdirSync(folder, { recursive: true })
for (const [name, dashboard] of Object.entries(createDashboards())) {
  const file = join(folder, `${name}.json`)
  writeFileSync(file, `${JSON.stringify(dashboard, undefined, 2)}\n`)
  console.log(file)
}
