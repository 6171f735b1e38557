import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'yaml'
import { ROOT } from '../../../../tools/workspace/places.mjs'
import { hostFiles } from '../../../src/config/load.js'

/** What a file of this repository says, by its path from the root. */
export function readRoot(path: string): string {
  return readFileSync(join(ROOT, path), 'utf8')
}

/** The same, of YAML. A key that stands there twice, and an alias, are faults. */
export function readYaml<Value>(path: string, text = readRoot(path)): Value {
  return parse(text, { maxAliasCount: 0, strict: true, uniqueKeys: true }) as Value
}

/** The machine's files, but no secrets of its own making. */
export const files = {
  ...hostFiles,
  developmentSecrets: () => {
    throw new Error('no secret may be made up')
  },
}

/** Variables of an image, as its Dockerfile sets them for the last stage. */
export function environmentOfImage(): Record<string, string> {
  const last = readRoot('Dockerfile')
    .split(/^FROM /m)
    .at(-1)
  const block = /^ENV ((?:.*\\\n)*.*)/m.exec(last ?? '')?.[1] ?? ''
  return Object.fromEntries(
    [...block.matchAll(/(\w+)=(\S+)/g)].map(([, name = '', value = '']) => [name, value]),
  )
}
