/** The bench is run by hand; here it is only seen to run, and to show no gross mistake. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'

const BENCH = fileURLToPath(new URL('../../../bench/run.mjs', import.meta.url))

it('a read costs less CPU than with express-session + connect-redis, and as many Redis commands as promised', async () => {
  const bench = spawn(process.execPath, [BENCH, '--smoke'])
  let said = ''
  for (const stream of [bench.stdout, bench.stderr])
    stream.on('data', (chunk: Buffer) => {
      said += chunk.toString()
    })
  const [code] = (await once(bench, 'exit')) as [number | null]
  expect(said.match(/^ok: /gm), said).toHaveLength(2)
  expect(code, said).toBe(0)
}, 90_000)
