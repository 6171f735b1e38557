import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  CompilerState,
  Extractor,
  ExtractorConfig,
  ExtractorLogLevel,
} from '@microsoft/api-extractor'
import { LIBRARY, subpaths } from './pack.mjs'

/** Where the reports are committed. */
export const REPORTS = join(LIBRARY, 'api')

const SILENT = { logLevel: ExtractorLogLevel.None }

/**
 * One subpath, and its report as text.
 *
 * @typedef {{ name: string, report: string }} Surface
 */

/**
 * The public surface of the built package, by API Extractor.
 *
 * @returns {Surface[]}
 */
export function surfaces() {
  const folder = mkdtempSync(join(tmpdir(), 'sojourn-api-'))
  try {
    const entries = [...subpaths()].map(([specifier, file]) => entry(specifier, file, folder))
    const [first, ...rest] = entries
    if (first === undefined) return []
    // One program for all: reading it takes longer than all the rest.
    const compilerState = CompilerState.create(first.config, {
      additionalEntryPoints: rest.map(({ config }) => config.mainEntryPointFilePath),
    })
    return entries.map(({ name, config }) => {
      Extractor.invoke(config, { localBuild: true, compilerState, messageCallback: ignore })
      return { name, report: readFileSync(join(folder, `${name}.api.md`), 'utf8') }
    })
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/**
 * @param {string} specifier
 * @param {string} file
 * @param {string} folder
 */
function entry(specifier, file, folder) {
  // A file has no slash in its name: sojourn/browser/react is browser-react.
  const name = specifier.replace('sojourn/', '').replaceAll('/', '-')
  const types = file.replace(/\.js$/, '.d.ts')
  const compilerOptions = {
    ...{ module: 'nodenext', target: 'es2023', lib: ['es2023'], types: ['node'] },
    ...{ skipLibCheck: true, strict: true },
  }
  const config = ExtractorConfig.prepare({
    configObjectFullPath: undefined,
    packageJsonFullPath: join(LIBRARY, 'package.json'),
    configObject: {
      projectFolder: LIBRARY,
      mainEntryPointFilePath: join(LIBRARY, types),
      newlineKind: 'lf',
      compiler: { overrideTsconfig: { compilerOptions, files: [types] } },
      apiReport: {
        enabled: true,
        reportFileName: `${name}.api.md`,
        reportFolder: folder,
        reportTempFolder: join(folder, 'temp'),
      },
      docModel: { enabled: false },
      dtsRollup: { enabled: false },
      tsdocMetadata: { enabled: false },
      messages: {
        extractorMessageReporting: { default: SILENT },
        // Our docstrings are JSDoc as editors show it, not TSDoc.
        tsdocMessageReporting: { default: SILENT },
      },
    },
  })
  return { name, config }
}

/** @param {import('@microsoft/api-extractor').ExtractorMessage} message */
function ignore(message) {
  message.handled = true
}

const STATEMENT =
  /^(?:export )?(?:default )?(?:abstract )?(?:class|const|function|interface|let|namespace|type) (\w+)/
const MEMBER = /^ {4}(?:readonly |static |get )*["']?([\w.~]+)/

/**
 * What the report calls undocumented: of exports all, of their members those of options.
 *
 * @param {string} report
 * @returns {string[]}
 */
export function undocumentedIn(report) {
  const lines = report.split('\n')
  let owner = ''
  return lines.flatMap((line, index) => {
    const before = lines[index - 1] ?? ''
    owner = STATEMENT.exec(line)?.[1] ?? owner
    if (before === '// @public (undocumented)') return [owner]
    if (before !== '    // (undocumented)' || !owner.endsWith('Options')) return []
    return [`${owner}.${MEMBER.exec(line)?.[1] ?? line.trim()}`]
  })
}
