#!/usr/bin/env node
/**
 * Writes acceptance-ids.json: the ids of everything the product promises to show, each with a few
 * words. Run it again when the acceptance documents change:
 *
 *   node tools/acceptance-ids.mjs <folder with ORIGIN.md, BEHAVIOURS.md, asvs.csv and the JSON files>
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const [folder] = process.argv.slice(2)
if (folder === undefined) {
  console.error('usage: node tools/acceptance-ids.mjs <folder with the acceptance documents>')
  process.exit(2)
}

/** @param {string} name */
const text = (name) => readFileSync(join(folder, name), 'utf8')
/** @param {string} name */
const json = (name) => JSON.parse(text(name))

/**
 * The first words of a text, at most 60 characters.
 *
 * @param {string} long
 */
function shortWords(long) {
  const plain = long
    .replace(/[`*\\]/g, '')
    .replace(/\s+/g, ' ')
    .trim()
  return plain.length <= 60 ? plain : `${plain.slice(0, 59).replace(/[ ,;:.([]*\S*$/, '')} …`
}

/**
 * @param {Iterable<[string, string]>} rows
 * @returns {Record<string, string>}
 */
function collect(rows) {
  /** @type {Record<string, string>} */
  const ids = {}
  for (const [id, words] of rows) {
    if (id in ids) throw new Error(`${id} is there twice`)
    ids[id] = shortWords(words)
  }
  return ids
}

/** Every advisory that has a number keeps it; the others get the first words, joined by hyphens.
 * @param {string} id
 */
function advisoryId(id) {
  const official = /^(CVE-\d+-\d+|GHSA(?:-\w{4}){3})/.exec(id)?.[0]
  const words = id.replace(/[,/].*$/, '').replace(/ PR|[#(]|(?<=deprecated).*$/g, '')
  return official ?? words.trim().replace(/\s+/g, '-')
}

const origin = [...text('ORIGIN.md').matchAll(/^\| (S\d-\d\d) \| [^|]+ \| ((?:[^|\\]|\\.)+) \|/gm)]
const behaviours = [...text('BEHAVIOURS.md').matchAll(/^- (\d+[a-z]) (.+)$/gm)]
const groups = [...text('BEHAVIOURS.md').matchAll(/^### (\d+)\. (.+)$/gm)]
const asvs = [...text('asvs.csv').matchAll(/^(\d+\.\d+\.\d+),\d,("[^"]*"|[^,]*),/gm)]

const ids = {
  origin: collect(origin.map(([, id = '', words = '']) => [id, words])),
  behaviour: collect(behaviours.map(([, id = '', words = '']) => [`behaviour ${id}`, words])),
  group: collect(groups.map(([, id = '', words = '']) => [id, words])),
  asvs: collect(asvs.map(([, id = '', words = '']) => [`ASVS ${id}`, words.replace(/"/g, '')])),
  badInput: collect(
    json('bad-inputs.json').cases.map((/** @type {{ id: string, input: string }} */ c) => [
      c.id,
      c.input,
    ]),
  ),
  fault: collect(
    json('faults.json').rows.map((/** @type {{ id: string, fault: string }} */ r) => [
      `fault ${r.id}`,
      r.fault,
    ]),
  ),
  advisory: collect(
    json('advisories.json').items.map(
      (/** @type {{ id: string, component: string, class: string }} */ a) => [
        advisoryId(a.id),
        `${a.component}: ${a.class}`,
      ],
    ),
  ),
}

writeFileSync(new URL('acceptance-ids.json', import.meta.url), `${JSON.stringify(ids, null, 2)}\n`)
for (const [kind, rows] of Object.entries(ids)) console.log(kind, Object.keys(rows).length)
