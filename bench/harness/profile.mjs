import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { say } from './table.mjs'

/** Where the CPU of each server went, from the profiles that the processes left: self time by package, file and function. */
export function printProfiles(folder) {
  for (const name of readdirSync(folder).filter((file) => file.endsWith('.cpuprofile'))) {
    say(`\n## ${name}`)
    for (const line of summarize(join(folder, name))) say(line)
  }
}

/** @param {string} file a `.cpuprofile` */
export function summarize(file, { most = 40 } = {}) {
  const { nodes, samples, timeDeltas } = JSON.parse(readFileSync(file, 'utf8'))
  const byId = new Map(nodes.map((node) => [node.id, node]))
  const byPlace = new Map()
  const byFile = new Map()
  let busy = 0
  samples.forEach((id, at) => {
    const { functionName, url, lineNumber } = byId.get(id).callFrame
    if (functionName === '(idle)') return
    const time = timeDeltas[at]
    busy += time
    const where = shorten(url)
    const place = `${functionName || '(anonymous)'} ${where}:${lineNumber + 1}`
    byPlace.set(place, (byPlace.get(place) ?? 0) + time)
    byFile.set(where, (byFile.get(where) ?? 0) + time)
  })
  const share = (time) => `${((100 * time) / busy).toFixed(1).padStart(5)} %`
  const top = (map) =>
    [...map]
      .sort(([, a], [, b]) => b - a)
      .slice(0, most)
      .map(([name, time]) => `${share(time)}  ${name}`)
  return [
    `busy ${(busy / 1e6).toFixed(2)} s`,
    'by file:',
    ...top(byFile),
    'by function:',
    ...top(byPlace),
  ]
}

const shorten = (url) =>
  url
    .replace(/^file:\/\//, '')
    .replace(/^.*\/node_modules\//, '')
    .replace(/^.*\/library\/dist\//, 'sojourn/')
    .replace(/^.*\/bench\//, 'bench/') || '(native)'
