import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'

const ROOT = fileURLToPath(new URL('../../../', import.meta.url))

it('S0-01: the core imports no framework, no store client and nothing against the layers; the check that holds it passes on this tree', () => {
  const { status, stdout } = spawnSync(process.execPath, ['tools/layers.mjs'], {
    cwd: ROOT,
    encoding: 'utf8',
  })
  expect([status, stdout.trim()]).toEqual([
    0,
    expect.stringMatching(/^layers: \d{3} files, no import/),
  ])
})
