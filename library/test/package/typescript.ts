/** Applications in TypeScript that import each subpath of the installed package, and their compilers. */
import { execFile } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { subpaths } from '../../../tools/package/pack.mjs'
import { ROOT } from '../../../tools/workspace/places.mjs'

/** Strict, and declarations are checked, ours too. */
const SETTINGS = {
  ...{ target: 'es2022', lib: ['es2022'], types: ['node'], noEmit: true, strict: true },
  ...{ exactOptionalPropertyTypes: true, noUncheckedIndexedAccess: true, skipLibCheck: false },
  // But for those of the language itself.
  skipDefaultLibCheck: true,
}

/** A session with data, as it is typed and as it must not compile. */
const USE = `
const sojourn = createSojourn<{ cart: string[] }>({ secrets: 'x'.repeat(43) })
const web = createExpressAdapter(sojourn)
async function use(incoming: Incoming): Promise<string | undefined> {
  const { session } = sojourn.exchange(incoming)
  // @ts-expect-error -- cart holds no number
  const wrong: number | undefined = await session.get('cart')
  // @ts-expect-error -- nobody declared that
  await session.get('kart')
  const cart: string[] | undefined = await session.get('cart')
  return cart?.[0] ?? String(wrong)
}
void use(web as never)
`

/** Their own declarations are large. The slow compilers are not asked about them. */
const FRAMEWORKS = /\/(fastify|hono|koa|opentelemetry)$/

/**
 * Writes `all.mts` and `all.cts`, which import every subpath; `most.mts` and `most.cts`, which leave some frameworks to
 * those; and `edge.mts` for a runtime that is not Node.
 */
export function writeSources(folder: string): void {
  const all = [...subpaths().keys()]
  const most = all.filter((name) => !FRAMEWORKS.test(name))
  for (const [file, names] of Object.entries({ all, most })) {
    writeFileSync(join(folder, `${file}.mts`), toModule(names))
    writeFileSync(join(folder, `${file}.cts`), toCommonJs(names))
  }
  writeFileSync(
    join(folder, 'edge.mts'),
    `import { createVerifier, type VerifyVerdict } from 'sojourn/verify'
const verifier = createVerifier({ issuer: 'https://id.example', audience: 'https://api.example', jwks: 'https://id.example/jwks' })
export const verify = (token: string): Promise<VerifyVerdict> => verifier.verify(token)
`,
  )
}

function toModule(names: readonly string[]): string {
  const imports = names.map(
    (name, at) => `import * as m${at} from '${name}'\nexport type T${at} = typeof m${at}\n`,
  )
  return `import { createSojourn, type Incoming } from 'sojourn'
import { createExpressAdapter } from 'sojourn/express'
${imports.join('')}${USE}`
}

function toCommonJs(names: readonly string[]): string {
  const requires = names.map(
    (name, at) => `import m${at} = require('${name}')\nexport type T${at} = typeof m${at}\n`,
  )
  return `import core = require('sojourn')
import express = require('sojourn/express')
import createSojourn = core.createSojourn
import createExpressAdapter = express.createExpressAdapter
type Incoming = core.Incoming
${requires.join('')}${USE}`
}

/** Compiles the files; what the compiler prints, or nothing where all is well. */
export function compile(
  folder: string,
  compiler: string,
  files: readonly string[],
  settings: Readonly<Record<string, unknown>>,
): Promise<string> {
  const project = join(folder, `tsconfig.${compiler}.${Object.values(settings).join('.')}.json`)
  const compilerOptions = { ...SETTINGS, ...settings }
  writeFileSync(project, JSON.stringify({ compilerOptions, files }))
  const program = join(ROOT, 'node_modules', compiler, 'bin/tsc')
  return new Promise((resolve) => {
    execFile(process.execPath, [program, '-p', project], { cwd: folder }, (error, stdout) => {
      resolve(error === null ? '' : stdout || error.message)
    })
  })
}
