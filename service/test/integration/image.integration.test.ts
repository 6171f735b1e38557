/**
 * The container image, without an engine that could build it: the commands of the Dockerfile are performed in a folder, and
 * the service is started from what comes out. Not seen here: the base image, `npm ci`, and the compiler in the image.
 */
import { execFile, execFileSync, spawn } from 'node:child_process'
import {
  chmodSync,
  chownSync,
  lstatSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  symlinkSync,
} from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { freePort } from '../../../library/test/support/redis-server.js'
import { listen } from '../../../library/test/support/web.js'
import { build } from '../../../tools/workspace/build.mjs'
import { ROOT, SERVICE_BUNDLE, cachePath } from '../../../tools/workspace/places.mjs'
import { contextPaths, copied, performBuild, readStages } from '../support/dockerfile.js'
import { BY_HTTPS, production } from '../support/https.js'
import { startService, temporaryFolder } from '../support/service.js'

const run = promisify(execFile)
const json = <Value>(path: string): Value => JSON.parse(readFileSync(path, 'utf8')) as Value

let folder = ''
let image = ''
/** Every file of the image, from its root on. */
let files: readonly string[] = []

beforeAll(async () => {
  await build()
  folder = mkdtempSync(cachePath('image-'))
  // Where somebody else may read it, too.
  const place = temporaryFolder()
  chmodSync(place, 0o755)
  image = join(place, 'image')
  performBuild(folder, image)
  files = filesIn(image)
}, 120_000)

afterAll(() => {
  rmSync(folder, { recursive: true, force: true })
})

function filesIn(root: string): string[] {
  return readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => !entry.isDirectory())
    .map((entry) => join(entry.parentPath, entry.name).slice(root.length + 1))
    .sort()
}

/** Names and versions of the packages that lie in the image. */
function packagesInImage(): readonly string[] {
  return files
    .filter((path) => /(?:^|\/)node_modules\/(?:@[^/]+\/)?[^/]+\/package\.json$/.test(path))
    .map((path) => json<{ name: string; version: string }>(join(image, path)))
    .map(({ name, version }) => `${name}@${version}`)
}

/** The packages whose code was joined into the bundle, by its source maps. */
function packagesInBundle(): ReadonlySet<string> {
  const folders = readdirSync(SERVICE_BUNDLE)
    .filter((name) => name.endsWith('.map'))
    .flatMap((name) => json<{ sources: string[] }>(join(SERVICE_BUNDLE, name)).sources)
    .flatMap((path) => /^.*\/node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path) ?? [])
  return new Set(
    [...new Set(folders)].map((path) => {
      const { name, version } = json<{ name: string; version: string }>(
        join(SERVICE_BUNDLE, path, 'package.json'),
      )
      return `${name}@${version}`
    }),
  )
}

interface Sbom {
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

describe('the image', () => {
  it('ASVS 15.1.2: holds the list of its parts in CycloneDX, each with version, licence and digest, as they stand in the lock file', () => {
    const sbom = json<Sbom>(join(image, 'sbom.cdx.json'))
    expect(sbom).toMatchObject({ bomFormat: 'CycloneDX', specVersion: '1.5' })
    const lock = json<{ packages: Record<string, { version?: string }> }>(
      join(ROOT, 'package-lock.json'),
    )
    const locked = Object.entries(lock.packages)
    for (const { name, version, purl, licenses, hashes } of sbom.components) {
      expect(purl).toMatch(/^pkg:npm\/.+@\d/)
      if (purl.startsWith('pkg:npm/sojourn')) continue
      expect([name, licenses?.length, hashes?.length]).toEqual([name, 1, 1])
      const isLocked = locked.some(
        ([path, entry]) => path.endsWith(`node_modules/${name}`) && entry.version === version,
      )
      expect([name, isLocked]).toEqual([name, true])
    }
    // Everything that is really there is on the list, beside the bundle and in it.
    const listed = sbom.components.map((component) => component['bom-ref'])
    const [beside, joined] = [packagesInImage(), [...packagesInBundle()]]
    expect(beside.length).toBeGreaterThan(10)
    expect(joined).toEqual(expect.arrayContaining([expect.stringMatching(/^express@5\./)]))
    expect([...beside, ...joined].filter((one) => !listed.includes(one))).toEqual([])
    // And what only developers use is not.
    const { devDependencies } = json<{ devDependencies: Record<string, string> }>(
      join(ROOT, 'package.json'),
    )
    const needed = new Set(['redis', 'helmet', 'express'])
    for (const name of Object.keys(devDependencies).filter((one) => !needed.has(one))) {
      expect([name, listed.filter((ref) => ref.startsWith(`${name}@`))]).toEqual([name, []])
    }
  })

  it('ASVS 15.2.3: takes no test along, no sources and no tools; nor does the package', () => {
    const isTest =
      /(?:^|\/)(?:tests?|__tests__|spec|fixtures?|vectors|bench(?:marks?)?|examples?|samples?)\/|\.(?:test|spec)\.|vitest|playwright/
    expect(files.length).toBeGreaterThan(100)
    expect(files.filter((path) => isTest.test(path))).toEqual([])
    const isLoaded = /\.(?:js|cjs|mjs|json|node)$|(?:^|\/)licen[cs]e[^/]*$/i
    expect(files.filter((path) => !isLoaded.test(path))).toEqual([])
    const names = packagesInImage().map((one) => one.replace(/@[^@]+$/, ''))
    for (const tool of ['typescript', 'rolldown', 'vitest', 'prettier', 'express'])
      expect(names).not.toContain(tool)
    expect(files).toEqual(expect.arrayContaining(['LICENSE', 'cli.js', 'main.js', 'package.json']))
    // Nothing of the context but these, and no secret that lies beside them, reaches the builder.
    const fromContext = readStages().flatMap(({ instructions }) => instructions.flatMap(copied))
    expect(fromContext.filter((path) => !contextPaths().includes(path))).toEqual([])
    // The published package holds what is built of library/src, and three files beside it.
    const { files: packed } = json<{ files: string[] }>(join(ROOT, 'library/package.json'))
    const left = ['!dist/**/.tsbuildinfo', '!dist/**/*.map']
    expect(packed).toEqual(['dist', ...left, 'README.md', 'LICENSE'])
    expect(json(join(ROOT, 'library/tsconfig.json'))).toMatchObject({
      compilerOptions: { rootDir: 'src' },
    })
  })

  it('S1-08: starts from these files alone as somebody who may write nothing but /data, is healthy, and drains', async () => {
    const nobody = 65_534
    const isRoot = process.getuid?.() === 0
    const dataDir = temporaryFolder()
    const through = isRoot
      ? ['setpriv', `--reuid=${nobody}`, `--regid=${nobody}`, '--clear-groups', '--no-new-privs']
      : []
    if (isRoot) chownSync(dataDir, nobody, nobody)
    const before = files.map((path) => [path, lstatSync(join(image, path)).mtimeMs])
    await using service = await startService(production(), {
      dataDir,
      through,
      main: join(image, 'main.js'),
    })
    const person = service.client({ headers: BY_HTTPS })
    const made = await person.post('/register', { username: 'ada', password: 'correct horse 9' })
    expect([made.status, made.cookies.join()]).toEqual([201, expect.stringMatching(/; Secure/)])
    expect((await person.get('/profile')).status).toBe(200)
    expect(await health(service.port)).toBe(0)
    expect(await service.stop()).toBe(0)
    expect(await health(service.port)).toBe(1)
    expect(filesIn(image).map((path) => [path, lstatSync(join(image, path)).mtimeMs])).toEqual(
      before,
    )
    if (isRoot) expect(lstatSync(join(dataDir, 'sojourn.db')).uid).toBe(nobody)
  })

  it('has the command line on its PATH, and each package that it loads', async () => {
    const linked = /ln -s (\S+) (\S+)$/.exec(
      last.instructions.find(({ text }) => text.includes('ln -s'))?.text ?? '',
    )
    expect(linked?.slice(1)).toEqual(['/app/cli.js', '/usr/local/bin/sojourn'])
    symlinkSync(join(image, 'cli.js'), join(folder, 'sojourn'))
    const environment = { PATH: `${folder}:${process.env['PATH'] ?? ''}` }
    const said = await run('sojourn', ['secret', '--json'], { env: environment })
    expect(JSON.parse(said.stdout)).toMatchObject({ bytes: 32 })
    const { dependencies } = json<{ dependencies: Record<string, string> }>(
      join(ROOT, 'service/package.json'),
    )
    const names = packagesInImage().map((one) => one.replace(/@[^@]+$/, ''))
    const apart = Object.keys(dependencies).filter((name) => names.includes(name))
    expect(apart).toEqual(expect.arrayContaining(['@node-rs/argon2', '@photostructure/sqlite']))
    const load = `await Promise.all(${JSON.stringify(apart)}.map((name) => import(name)))`
    execFileSync(process.execPath, ['--input-type=module', '-e', load], { cwd: image })
  })
})

const stages = readStages()
const last = stages.at(-1) ?? { base: '', name: undefined, instructions: [] }
const textOf = (name: string): string =>
  last.instructions.find((one) => one.name === name)?.text ?? ''

describe('the Dockerfile', () => {
  it('S1-08: runs as nobody special, in production, with a health check and nothing in between', () => {
    expect(textOf('USER')).toBe('node')
    expect(textOf('ENV')).toMatch(/^NODE_ENV=production /)
    expect(textOf('ENV')).not.toMatch(/SECRET|TOKEN|PASSWORD/)
    expect(textOf('CMD')).toBe('["node", "main.js"]')
    expect(last.instructions.filter(({ name }) => name === 'COPY')).toEqual([
      { name: 'COPY', flags: ['--from=build'], text: '/image ./' },
    ])
    const { version } = json<{ version: string }>(join(ROOT, 'service/package.json'))
    expect(textOf('LABEL')).toContain(`org.opencontainers.image.version="${version}"`)
  })

  it('builds on one image, named by its version and by its digest', () => {
    const names = new Set(stages.map(({ name }) => name))
    const bases = new Set(stages.map(({ base }) => base).filter((base) => !names.has(base)))
    const ours = [...bases].filter((base) => base.startsWith('node:'))
    expect(ours).toEqual([expect.stringMatching(/^node:\d+\.\d+\.\d+-[\w-]+@sha256:[0-9a-f]{64}$/)])
    expect([...bases].filter((base) => !/:\d+\.\d+\.\d+/.test(base))).toEqual([])
    const [tag, digest] = (ours[0] ?? '').split('@')
    expect(textOf('LABEL')).toContain(`base.name="docker.io/library/${tag ?? ''}"`)
    expect(textOf('LABEL')).toContain(`base.digest="${digest ?? ''}"`)
  })

  it.each([
    [503, 1],
    [302, 1],
  ])('has a health check that makes %d an exit code of %d', async (status, code) => {
    const asked: (string | undefined)[] = []
    const server = await listen((request, response) => {
      asked.push(request.url)
      response.writeHead(status, { location: 'https://app.example/' }).end()
    })
    expect(await health(server.port)).toBe(code)
    await server.close()
    expect(asked).toEqual(['/health/live'])
  })

  it('has a health check that fails where nobody is', async () => {
    expect(await health(await freePort())).toBe(1)
  })
})

/** Runs the health check of the image as Docker would, and answers its exit code. */
function health(port: number): Promise<number | null> {
  const [, check = '[]'] = /CMD (\[.*)$/.exec(textOf('HEALTHCHECK')) ?? []
  const [command = '', ...words] = JSON.parse(check) as string[]
  const child = spawn(command, words, { env: { ...process.env, PORT: String(port) } })
  return new Promise((resolve, reject) => {
    child.once('error', reject).once('exit', resolve)
  })
}
