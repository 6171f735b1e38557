import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { ROOT } from '../../../../tools/workspace/places.mjs'
import { VARIABLES } from '../../../src/config/variables.js'
import { production, refusals } from '../config/support.js'
import { readRoot } from './files.js'

/** Where people copy from. */
const PLACES = ['README.md', '.env.example', 'compose.yaml', 'deploy', 'docs', 'examples']

/** Whatever a document gives to a secret, or writes as the password of an address. */
const GIVEN =
  /\b(\w*(?:SECRET|PASSWORD)|(?:METRICS|ADMIN)_TOKEN|OAUTH_CLIENTS)(?:=|: )["']?([^\s"'`$<{|,;…]{3,})|\b(rediss?|postgres):\/\/[\w.-]*:([^@\s$[\]{}…]+)@/g

function filesUnder(place: string): string[] {
  const path = join(ROOT, place)
  if (statSync(path).isFile()) return [place]
  return readdirSync(path, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.(?:md|ya?ml|sh|example|json)$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name).slice(ROOT.length + 1))
    .filter((file) => !file.includes('node_modules'))
}

it('ASVS 13.2.3: production refuses every secret that a document of ours shows', () => {
  const shown = new Map<string, { readonly name: string; readonly value: string }>()
  for (const file of PLACES.flatMap(filesUnder)) {
    for (const [, variable, value, scheme, password] of readRoot(file).matchAll(GIVEN)) {
      const name = variable ?? (scheme === 'postgres' ? 'DATABASE_URL' : 'REDIS_PASSWORD')
      const text = value ?? password ?? ''
      shown.set(`${file}: ${name}=${text}`, { name, value: text })
    }
  }
  expect([...shown.keys()]).toEqual(
    expect.arrayContaining([expect.stringMatching(/^\.env\.example: DATABASE_URL=password$/)]),
  )
  const known = Object.keys(VARIABLES)
  const accepted = [...shown].filter(([, { name, value }]) => {
    if (!known.includes(name)) return false
    const text = name === 'DATABASE_URL' ? `postgres://app:${value}@localhost/app` : value
    const environment = production({ REDIS_URL: 'rediss://redis.example', [name]: text })
    return !refusals(environment).some(({ code }) => code.startsWith('CONFIG_SECRET'))
  })
  expect(accepted.map(([where]) => where)).toEqual([])
})
