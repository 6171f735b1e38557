/**
 * A flowchart of mermaid as a list of its arrows: the site draws nothing in the browser.
 *
 * @param {string} chart
 * @returns {string}
 */
export function arrowsOf(chart) {
  /** @type {Map<string, string>} */
  const names = new Map()
  const node = /([\w-]+)(?:\(\[(.+?)\]\)|\[\((.+?)\)\]|\[(.+?)\]|\((.+?)\))/g
  for (const [, id = '', ...words] of chart.matchAll(node)) {
    const name = words.find((word) => word !== undefined)
    if (name !== undefined && !names.has(id)) names.set(id, name)
  }
  const bare = chart.replaceAll(node, '$1')
  return bare
    .split('\n')
    .map((line) => /^\s*([\w-]+)\s+(<?)[-.]+>(?:\|(.+?)\|)?\s*([\w-]+)\s*$/.exec(line))
    .flatMap((match) => {
      if (match === null) return []
      const [, from = '', back = '', words, to = ''] = match
      const arrow = back === '' ? '→' : '↔'
      const label = words === undefined ? '' : `: ${words}`
      return [`- **${names.get(from) ?? from}** ${arrow} **${names.get(to) ?? to}**${label}`]
    })
    .join('\n')
}
