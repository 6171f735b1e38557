import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { manyChart, requestChart, signInChart } from './charts.mjs'
import { toPage } from './html.mjs'

const FOLDER = new URL('../results/', import.meta.url)

/**
 * Writes what a run found to bench/results/, under names that stay: results.json, results.md, index.html and a picture for
 * each chart. Parts that this run left out stay as the run before left them, with the machine and command of theirs.
 *
 * @returns {string[]} what was written
 */
export function writeResults(report) {
  const kept = readKept()
  const { machine, at, command, releases } = report
  const parts = { ...kept.parts }
  for (const [part, found] of Object.entries(report.parts))
    parts[part] = { machine, at, command, releases, ...found }
  const whole = { ...report, parts: inOrder(parts) }
  const pictures = draw(whole.parts)
  const charts = {
    requests: pictures.filter(({ part }) => part === 'requests').map(({ svg }) => svg),
    people: pictures.filter(({ part }) => part === 'people').map(({ svg }) => svg),
  }
  const files = {
    'results.json': `${JSON.stringify(whole, null, 2)}\n`,
    'results.md': toMarkdown(whole),
    'index.html': toPage({ report: whole, charts }),
    ...Object.fromEntries(pictures.map(({ name, svg }) => [name, `${svg}\n`])),
  }
  for (const [name, text] of Object.entries(files)) writeFileSync(new URL(name, FOLDER), text)
  return Object.keys(files).map((name) => `bench/results/${name}`)
}

function readKept() {
  const file = fileURLToPath(new URL('results.json', FOLDER))
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : { parts: {} }
}

const ORDER = ['requests', 'people', 'size']
const inOrder = (parts) =>
  Object.fromEntries(ORDER.filter((part) => parts[part]).map((part) => [part, parts[part]]))

function draw({ requests, people }) {
  const pictures = []
  const add = (part, name, draw, found) =>
    pictures.push({
      part,
      name,
      svg: draw(found, `${found.machine}, ${found.at}. Bars: medians; lines: least to most.`),
    })
  if (requests !== undefined) add('requests', 'requests.svg', requestChart, requests)
  if (people !== undefined) {
    add('people', 'sign-ins.svg', signInChart, people)
    add('people', 'revoke-all.svg', manyChart, people)
  }
  return pictures
}

const HEADS = { requests: 'Requests', people: 'People', size: 'Size' }

function toMarkdown({ parts }) {
  const sections = Object.entries(parts).map(([part, { machine, at, command, releases, text }]) => [
    `## ${HEADS[part]}`,
    `${machine}, ${at}`,
    `\`${command}\``,
    text,
    `Releases: ${Object.entries(releases)
      .map(([name, version]) => `${name} ${version}`)
      .join(', ')}.`,
  ])
  return `${['# The last run', 'How to read this: [README.md](README.md).', ...sections.flat()].join('\n\n')}\n`
}
