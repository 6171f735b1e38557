import { fileURLToPath } from 'node:url'
import ts from 'typescript'
import { expect, it } from 'vitest'

const FIXTURE = 'library/test/types/express.fixture.ts'

it('S3-06, behaviour 31a: createSojourn<Data>() types req.session in Express handlers, with no declaration merging and no any', () => {
  const root = fileURLToPath(new URL('../../../', import.meta.url))
  const { config } = ts.readConfigFile(`${root}tsconfig.test.json`, (path) =>
    ts.sys.readFile(path),
  ) as { config: object }
  const parsed = ts.parseJsonConfigFileContent(
    { ...config, include: [], files: [FIXTURE] },
    ts.sys,
    root,
  )
  const program = ts.createProgram(parsed.fileNames, { ...parsed.options, skipLibCheck: true })
  const fixture = program.getSourceFile(`${root}${FIXTURE}`)
  expect(fixture).toBeDefined()
  // Of this file alone: the sources that it imports are checked where they are built.
  const faults = ts.getPreEmitDiagnostics(program, fixture).map((fault) => {
    const line =
      fault.file === undefined
        ? 0
        : fault.file.getLineAndCharacterOfPosition(fault.start ?? 0).line + 1
    return `${fault.file?.fileName ?? ''}:${String(line)} ${ts.flattenDiagnosticMessageText(fault.messageText, '\n')}`
  })
  expect(faults).toEqual([])
}, 60_000)
