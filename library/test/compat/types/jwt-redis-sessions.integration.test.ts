/**
 * The types of the drop-in for jwt-redis-sessions as an application meets them, and what the troubleshooting page says of
 * them. What must not compile carries @ts-expect-error in the files.
 */
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, expect, it } from 'vitest'
import { layOut } from './application.js'

const GUIDE = fileURLToPath(new URL('../../../../docs/guide/troubleshooting.md', import.meta.url))
const [, code = ''] = /```ts\n(.*?)```/s.exec(readFileSync(GUIDE, 'utf8')) ?? []

const ESM = 'jwt-redis-sessions.esm.txt'
const CJS = 'jwt-redis-sessions.cjs.txt'
const application = layOut({ 'app.mts': ESM, 'other.cts': CJS, 'guide.ts': ESM }, 'module')
writeFileSync(
  join(application.folder, 'guide.ts'),
  `${code}export type All = [AuthRequest, TokenData, TokenResponse]\n`,
)
const old = layOut({ 'guide.ts': ESM })
copyFileSync(join(application.folder, 'guide.ts'), join(old.folder, 'guide.ts'))
afterAll(() => {
  application.remove()
  old.remove()
})

it('S3-06, S3-26: AuthRequest, TokenData, TokenResponse and all functions are typed, from an MTS and from a CTS file', async () => {
  const settings = { module: 'nodenext', verbatimModuleSyntax: true, skipLibCheck: true }
  expect(await application.compile('typescript', settings)).toBe('')
}, 60_000)

it('S3-41: "moduleResolution": "node" does not find the module (what does is compiled above)', async () => {
  // Nothing is resolved but our module, so this is quick.
  const settings = { module: 'esnext', moduleResolution: 'node', types: [], skipLibCheck: true }
  const said = await old.compile('typescript-5', settings)
  expect(said).toMatch(/TS2307: Cannot find module 'sojourn\/jwt-redis-sessions'/)
}, 60_000)
