import { fileURLToPath } from 'node:url'
import ts from 'typescript'
import { expect, it } from 'vitest'

it('S3-06, behaviour 31a: createSojourn<Data>() types req.session in Express handlers, with no declaration merging and no any', () => {
  const root = fileURLToPath(new URL('../../../', import.meta.url))
  const { config } = ts.readConfigFile(`${root}tsconfig.test.json`, (path) =>
    ts.sys.readFile(path),
  ) as { config: object }
  const parsed = ts.parseJsonConfigFileContent(
    { ...config, include: [], files: ['library/test/types/express.fixture.ts'] },
    ts.sys,
    root,
  )
  const program = ts.createProgram(parsed.fileNames, { ...parsed.options, skipLibCheck: true })
  const faults = ts.getPreEmitDiagnostics(program).map((fault) => {
    const line =
      fault.file === undefined
        ? 0
        : fault.file.getLineAndCharacterOfPosition(fault.start ?? 0).line + 1
    return `${fault.file?.fileName ?? ''}:${String(line)} ${ts.flattenDiagnosticMessageText(fault.messageText, '\n')}`
  })
  expect(faults).toEqual([])
}, 60_000)
