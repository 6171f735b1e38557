/** Writes `.env.example` in the root of the repository: `node service/dist/config/write-env-example.js`. */
import { writeFileSync } from 'node:fs'
import { renderEnvExample } from './env-example.js'

writeFileSync(new URL('../../../.env.example', import.meta.url), renderEnvExample())
