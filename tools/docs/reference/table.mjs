/**
 * Rows as a Markdown table, laid out as prettier does: what is committed is then what was generated.
 *
 * @param {readonly string[]} head
 * @param {readonly (readonly string[])[]} rows
 * @returns {string}
 */
export function table(head, rows) {
  const all = [head, ...rows].map((cells) => cells.map(inCell))
  const widths = head.map((_, at) =>
    Math.max(3, ...all.map((cells) => [...(cells[at] ?? '')].length)),
  )
  const line = (/** @type {readonly string[]} */ cells) =>
    `| ${widths.map((width, at) => padded(cells[at] ?? '', width)).join(' | ')} |`
  const [first = [], ...others] = all
  return [line(first), line(widths.map((width) => '-'.repeat(width))), ...others.map(line)].join(
    '\n',
  )
}

/** @param {string} text @param {number} width */
function padded(text, width) {
  return text + ' '.repeat(width - [...text].length)
}

/** @param {string} text */
function inCell(text) {
  return text
    .replaceAll(/\s+/g, ' ')
    .trim()
    .replaceAll(/(?<!\\)\|/g, '\\|')
}

/**
 * @param {string} text
 * @returns {string}
 */
export function code(text) {
  return text === '' ? '' : `\`${text}\``
}

/**
 * @param {readonly string[]} words
 * @returns {string}
 */
export function codes(words) {
  return words.map(code).join(', ')
}

/**
 * The head of a generated page.
 *
 * @param {string} title
 * @param {string} from what it is made of
 * @param {readonly string[]} words
 * @returns {string}
 */
export function head(title, from, ...words) {
  return [
    `# ${title}`,
    `Made from ${from} by \`npm run docs:reference\`; do not edit.`,
    ...words,
  ].join('\n\n')
}
