import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, vi } from 'vitest'
import { outputsExist, stateOfSources } from '../../../tools/workspace/build.mjs'
import { alone } from '../../../tools/workspace/lock.mjs'
import { NODE_FLOOR, isOldNode } from '../../../tools/workspace/node-floor.mjs'
import { firstMissingPackage } from '../../../tools/workspace/packages.mjs'
import { missingParts } from '../../../tools/workspace/system-parts.mjs'
import { plantTree } from './tree.js'

describe('the floor of Node', () => {
  it.each(['0.12.18', '14.21.3', '18.20.8', '20.9.0', '20.18.3'])('is above %s', (version) => {
    expect(isOldNode(version)).toBe(true)
  })

  it.each(['20.19.0', '20.20.2', '22.0.0', '24.1.0', '26.10.0'])('lets %s pass', (version) => {
    expect(isOldNode(version)).toBe(false)
  })

  it('is the one that package.json states', () => {
    for (const path of ['package.json', 'library/package.json', 'service/package.json']) {
      const text = readFileSync(new URL(`../../../${path}`, import.meta.url), 'utf8')
      const { engines } = JSON.parse(text) as { engines: { node: string } }
      expect(engines.node).toBe(`>=${NODE_FLOOR}`)
    }
  })
})

const LOCK = {
  packages: {
    '': { version: '1.0.0' },
    library: { version: '0.1.0' },
    'node_modules/sojourn': { resolved: 'library', link: true },
    'node_modules/one': { version: '1.2.3' },
    'node_modules/for-windows': { version: '1.0.0', optional: true },
  },
}
const INSTALLED = {
  'package-lock.json': JSON.stringify(LOCK),
  'node_modules/sojourn/package.json': '{ "version": "0.1.0" }',
  'node_modules/one/package.json': '{ "version": "1.2.3" }',
}

describe('npm packages', () => {
  it('are in place where each locked version is installed', () => {
    expect(firstMissingPackage(plantTree(INSTALLED))).toBeUndefined()
    const withLetter = { 'node_modules/one/package.json': '{ "version": "v1.2.3" }' }
    expect(firstMissingPackage(plantTree({ ...INSTALLED, ...withLetter }))).toBeUndefined()
  })

  it('are missing without node_modules', () => {
    const root = plantTree({ 'package-lock.json': INSTALLED['package-lock.json'] })
    expect(firstMissingPackage(root)).toBe('no node_modules yet')
  })

  it('are missing where one is, or is of another version, or a link is gone', () => {
    const root = plantTree(INSTALLED)
    writeFileSync(join(root, 'node_modules/one/package.json'), '{ "version": "1.2.2" }')
    expect(firstMissingPackage(root)).toBe('one is 1.2.2, not 1.2.3')
    rmSync(join(root, 'node_modules/one'), { recursive: true })
    expect(firstMissingPackage(root)).toBe('one is missing')
    rmSync(join(root, 'node_modules/sojourn'), { recursive: true })
    expect(firstMissingPackage(root)).toBe('sojourn is missing')
  })

  it('are not asked for again because a checkout touched the lockfile', () => {
    const root = plantTree(INSTALLED)
    const later = new Date(Date.now() + 60_000)
    utimesSync(join(root, 'package-lock.json'), later, later)
    expect(firstMissingPackage(root)).toBeUndefined()
  })
})

const PROJECT = {
  'package-lock.json': '{}',
  'tsconfig.base.json': '{}',
  'tsconfig.json': '{}',
  'library/tsconfig.json': '{}',
  'service/tsconfig.json': '{}',
  'library/src/a.ts': 'export {}',
  'library/dist/a.js': '',
  'service/src/page/b.tsx': 'export {}',
  'service/dist/page/b.js': '',
}

describe('the build', () => {
  it('is up to date while nothing it reads changes', () => {
    const root = plantTree(PROJECT)
    const before = stateOfSources(root)
    expect(stateOfSources(root)).toBe(before)
    expect(outputsExist(root)).toBe(true)
  })

  it.each(['library/src/a.ts', 'service/src/page/b.tsx', 'service/tsconfig.json'])(
    'is not after a change of %s',
    (path) => {
      const root = plantTree(PROJECT)
      const before = stateOfSources(root)
      writeFileSync(join(root, path), 'export const changed = true')
      expect(stateOfSources(root)).not.toBe(before)
    },
  )

  it('is not where a part of dist/ is gone', () => {
    const root = plantTree(PROJECT)
    rmSync(join(root, 'service/dist/page/b.js'))
    expect(outputsExist(root)).toBe(false)
  })
})

describe('who builds', () => {
  const place = (): string => join(plantTree({}), 'lock')

  it('does it alone, one after another, whatever becomes of those before', async () => {
    const path = place()
    const seen: string[] = []
    const work = (name: string, fails = false) =>
      alone(path, async () => {
        seen.push(`${name} begins`)
        await new Promise((resolve) => setTimeout(resolve, 20))
        seen.push(`${name} ends`)
        if (fails) throw new Error('does not compile')
      })
    vi.spyOn(console, 'error').mockReturnValue()
    const all = await Promise.allSettled([work('one', true), work('two'), work('three')])
    expect(all.map(({ status }) => status)).toEqual(['rejected', 'fulfilled', 'fulfilled'])
    expect(seen).toHaveLength(6)
    for (let at = 0; at < 6; at += 2) {
      expect(seen[at + 1]).toBe(seen[at]?.replace('begins', 'ends'))
    }
    expect(existsSync(path)).toBe(false)
  })

  it('takes the place of a process that died, or that has its number from long ago', async () => {
    const path = place()
    const { pid } = spawnSync(process.execPath, ['--version'])
    writeFileSync(path, String(pid))
    expect(await alone(path, () => readFileSync(path, 'utf8'))).toBe(String(process.pid))
    writeFileSync(path, String(process.pid))
    utimesSync(path, 0, 0)
    expect(await alone(path, () => 'its turn')).toBe('its turn')
  })
})

it('a system part is missing when its program is neither in PATH nor in its own folders', () => {
  const root = plantTree({ 'bin/there': '#!/bin/sh\n' }, 0o755)
  const folders = (): string[] => [join(root, 'bin')]
  const parts = [
    { program: 'there', debian: 'package-a', folders },
    { program: 'not-there-at-all', debian: 'package-b', folders },
  ]
  expect(missingParts(parts)).toEqual(['package-b'])
})
