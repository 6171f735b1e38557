import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { dirname, join } from 'node:path'
import { ROOT } from '../workspace/places.mjs'
import { say } from '../workspace/progress.mjs'

const PLACE = join('docs', 'evidence', 'lighthouse.md')

/**
 * Writes down what was measured, when and with what.
 *
 * @param {readonly import('./rate.mjs').Result[]} results
 */
export async function writeDown(results) {
  const { version } = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8'))
  const { lighthouse = '', browser = '' } = results[0]?.versions ?? {}
  const rows = results
    .flatMap(({ scores }) => scores)
    .map(({ page, window, values }) => [page, window, ...values.map(String)])
  const text = `# Lighthouse

Performance, accessibility and best practices of the main pages, of 100, as the built service serves them on its embedded default. Made by a command, not written by
hand:

\`\`\`sh
npm run lighthouse -- --write
\`\`\`

It fails where a score is under 95. Performance is Lighthouse's simulation of a desktop and of a mid-range phone on slow 4G; it was run on a machine with
${String(availableParallelism())} cores that others used as well.

${table([['page', 'window', 'performance', 'accessibility', 'best practices'], ...rows])}

Measured on ${new Date().toISOString().slice(0, 10)} with sojourn ${version}, Lighthouse ${lighthouse}, ${browser.replace('/', ' ')}, Node ${process.version.slice(1)}.

Over plain http on \`localhost\`: what Lighthouse would say about certificates and redirects to https does not apply here, see [HTTPS](../guide/https.md).
`
  await mkdir(dirname(join(ROOT, PLACE)), { recursive: true })
  await writeFile(join(ROOT, PLACE), text)
  say(`written to ${PLACE}`)
}

/**
 * A table as Prettier writes it: cells padded to the width of their column, numbers to the right.
 *
 * @param {readonly (readonly string[])[]} rows
 */
function table(rows) {
  const widths = (rows[0] ?? []).map((_, index) =>
    Math.max(...rows.map((row) => row[index]?.length ?? 0)),
  )
  const isNumber = (/** @type {number} */ index) => index >= 2
  const line = (/** @type {readonly string[]} */ cells) => `| ${cells.join(' | ')} |`
  const pad = (/** @type {string} */ cell, /** @type {number} */ index) =>
    isNumber(index) ? cell.padStart(widths[index] ?? 0) : cell.padEnd(widths[index] ?? 0)
  const rule = widths.map((width, index) =>
    isNumber(index) ? `${'-'.repeat(width - 1)}:` : '-'.repeat(width),
  )
  const [head = [], ...body] = rows
  return [head.map(pad), rule, ...body.map((row) => row.map(pad))].map(line).join('\n')
}
