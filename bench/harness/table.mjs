import { cpus } from 'node:os'

export const say = (text) => process.stderr.write(`${text}\n`)

export const median = (numbers) =>
  numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? 0

export const two = (number) => number.toFixed(2)

/** The least and the most of several measurements. */
export const spread = (numbers) => `${two(Math.min(...numbers))}-${two(Math.max(...numbers))}`

export const machine = () =>
  `${cpus().length} x ${cpus()[0]?.model.trim()}, Node ${process.version}`

/** A table in Markdown. What is absent is left empty. */
export function table(heads, rows) {
  const line = (cells) => `| ${cells.map((cell) => cell ?? '').join(' | ')} |`
  return [line(heads), line(heads.map(() => '---')), ...rows.map(line)].join('\n')
}
