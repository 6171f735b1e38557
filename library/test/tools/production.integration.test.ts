/** What goes into production: the parts of others, and the files of ours. */
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { productionSbom } from '../../../tools/sbom.mjs'
import { ROOT } from '../../../tools/workspace/places.mjs'

const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8')

describe('production', () => {
  const sbom = productionSbom() as unknown as {
    readonly bomFormat: string
    readonly specVersion: string
    readonly components: readonly {
      readonly 'bom-ref': string
      readonly name: string
      readonly version: string
      readonly purl: string
      readonly licenses?: readonly unknown[]
      readonly hashes?: readonly unknown[]
    }[]
  }

  it('ASVS 15.1.2: has a list of its parts in CycloneDX, each with version, licence and digest, as they stand in the lock file', () => {
    expect(sbom).toMatchObject({ bomFormat: 'CycloneDX', specVersion: '1.5' })
    const lock = JSON.parse(read('package-lock.json')) as {
      packages: Record<string, { version?: string; dev?: boolean; optional?: boolean }>
    }
    const locked = Object.entries(lock.packages)
    const refs = sbom.components.map((component) => component['bom-ref'])
    for (const { name, version, purl, licenses, hashes } of sbom.components) {
      const isOurs = purl.startsWith('pkg:npm/sojourn')
      expect(purl).toMatch(/^pkg:npm\/.+@\d/)
      if (isOurs) continue
      expect([name, licenses?.length, hashes?.length]).toEqual([name, 1, 1])
      expect(locked.some(([path, entry]) => path.endsWith(name) && entry.version === version)).toBe(
        true,
      )
    }
    for (const part of ['library', 'service']) {
      const { dependencies = {} } = JSON.parse(read(`${part}/package.json`)) as {
        dependencies?: Record<string, string>
      }
      for (const name of Object.keys(dependencies)) {
        expect(refs.some((ref) => ref.startsWith(`${name}@`))).toBe(true)
      }
    }
    const { devDependencies } = JSON.parse(read('package.json')) as {
      devDependencies: Record<string, string>
    }
    const needed = new Set(['redis', 'helmet', 'express'])
    for (const name of Object.keys(devDependencies).filter((one) => !needed.has(one))) {
      expect([name, refs.filter((ref) => ref.startsWith(`${name}@`))]).toEqual([name, []])
    }
  })

  it('ASVS 15.2.3: takes no test along: neither into the image nor into the package', () => {
    const isTest =
      /(?:^|\/)(?:tests?|__tests__|spec|fixtures|vectors)\/|\.(?:test|spec)\.|vitest|playwright/
    const dockerfile = read('Dockerfile')
    // What the image takes over from the build, by what the build takes from the context.
    const copied = [...dockerfile.matchAll(/^COPY (?!--from)(.+) \S+$/gm)].flatMap(
      ([, list = '']) => list.split(' '),
    )
    expect(copied).toEqual([
      ...['package.json', 'package-lock.json', '.npmrc', 'library/package.json'],
      ...['service/package.json', 'tsconfig.base.json', 'tsconfig.json', 'library/tsconfig.json'],
      ...['library/src', 'service/tsconfig.json', 'service/src'],
    ])
    const tracked = execFileSync('git', ['ls-files', ...copied], { cwd: ROOT, encoding: 'utf8' })
      .split('\n')
      .filter((file) => file !== '')
    expect(tracked.length).toBeGreaterThan(300)
    expect(tracked.filter((file) => isTest.test(file))).toEqual([])
    for (const folder of ['library/test', 'service/test'])
      expect(existsSync(join(ROOT, folder))).toBe(true)
    const image = [...dockerfile.matchAll(/^COPY --from=build \/app\/(\S+) /gm)].map(
      ([, path]) => path,
    )
    expect(image).toEqual([
      ...['package.json', 'node_modules', 'library/package.json', 'library/dist'],
      ...['service/package.json', 'service/dist'],
    ])
    // The test kit is part of the package, for tests of applications, and no part of the image.
    expect(dockerfile).toContain('rm -r library/dist/testing')
    expect(dockerfile).toContain('npm prune --omit=dev')
    // The package holds what is built of library/src, and three files beside it.
    const { files } = JSON.parse(read('library/package.json')) as { files: string[] }
    expect(files).toEqual(['dist', '!dist/.tsbuildinfo', 'README.md', 'LICENSE'])
    const { compilerOptions } = JSON.parse(read('library/tsconfig.json')) as {
      compilerOptions: { rootDir: string }
    }
    expect(compilerOptions.rootDir).toBe('src')
  })
})
