import { COLOURS, escape } from './svg.mjs'

/** One page with everything: charts, tables, machine and releases. It asks nobody for anything. */
export function toPage({ report, charts }) {
  const { machine, at, command, releases, parts } = report
  const sections = Object.entries(parts).map(([part, { text }]) => [
    `<h2>${HEADS[part] ?? escape(part)}</h2>`,
    ...(charts[part] ?? []).map((svg) => `<figure>${svg}</figure>`),
    fromMarkdown(text),
  ])
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>sojourn: the bench</title>
<style>${STYLE}</style>
<main>
<h1>The bench</h1>
<p>${escape(machine)}, ${escape(at)}. <code>${escape(command)}</code></p>
${sections.flat().join('\n')}
<h2>Releases</h2>
<p class="releases">${Object.entries(releases)
    .map(([name, version]) => `<span>${escape(name)} ${escape(version)}</span>`)
    .join(' ')}</p>
</main>
</html>
`
}

const HEADS = {
  requests: 'Requests',
  people: 'People: signing in, refreshing, revoking',
  size: 'Size',
}

const STYLE = `${COLOURS}
  body { margin: 0; background: var(--paper); color: var(--ink); font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, Arial, sans-serif }
  main { max-width: 1100px; margin: 0 auto; padding: 32px 20px 64px }
  h1 { font-size: 28px; margin: 0 0 8px }
  h2 { font-size: 20px; margin: 44px 0 12px }
  figure { margin: 20px 0 }
  svg { display: block; max-width: 100%; height: auto; border: 1px solid var(--line); border-radius: 8px }
  code { font: 13px ui-monospace, "SF Mono", Menlo, Consolas, monospace }
  .table { overflow-x: auto }
  table { border-collapse: collapse; font-size: 13px; font-variant-numeric: tabular-nums; margin: 12px 0 }
  th, td { padding: 5px 10px; border-bottom: 1px solid var(--line); text-align: right; white-space: nowrap }
  th { color: var(--soft); font-weight: 500; white-space: normal; vertical-align: bottom; min-width: 56px }
  th:first-child, td:first-child { text-align: left; position: sticky; left: 0; background: var(--paper) }
  tr.is-ours td:first-child { color: var(--ours); font-weight: 650 }
  ul { padding-left: 20px; color: var(--soft) }
  .releases span { display: inline-block; margin: 0 14px 4px 0; color: var(--soft) }`

/** What the parts write: tables, lists and paragraphs, no more. */
function fromMarkdown(text) {
  return text
    .split('\n\n')
    .map((block) => block.trim())
    .filter((block) => block !== '')
    .map(toBlock)
    .join('\n')
}

function toBlock(block) {
  const lines = block.split('\n')
  if (block.startsWith('|')) return toTable(lines)
  if (block.startsWith('- '))
    return `<ul>${lines.map((line) => `<li>${escape(line.slice(2))}</li>`).join('')}</ul>`
  return `<p>${escape(block)}</p>`
}

function toTable([heads, , ...rows]) {
  const cells = (line) => line.slice(2, -2).split(' | ')
  const row = (line) => {
    const name = /^\| (sojourn|drop-in)/.test(line) ? ' class="is-ours"' : ''
    return `<tr${name}>${cells(line)
      .map((cell) => `<td>${escape(cell)}</td>`)
      .join('')}</tr>`
  }
  return `<div class="table"><table><thead><tr>${cells(heads)
    .map((head) => `<th>${escape(head)}</th>`)
    .join('')}</tr></thead><tbody>${rows.map(row).join('')}</tbody></table></div>`
}
