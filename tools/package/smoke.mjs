/**
 * A trial of the installed package: every subpath imported and required, and a session on each store that needs no server.
 * It is copied into an application and run there, by whatever release of Node is to be tried; prints what it found as JSON.
 */
import { rmSync } from 'node:fs'
import { createRequire } from 'node:module'

const require = createRequire(import.meta.url)
/** @type {string[]} */
const warnings = []
process.on('warning', ({ name, message }) => {
  // Node 22 says of its own SQLite that it may change.
  if (!message.startsWith('SQLite is an experimental feature')) warnings.push(`${name}: ${message}`)
})

/**
 * The names that both ways must have in common; the others belong to the way itself.
 *
 * @param {object} module
 * @returns {string[]}
 */
const namesOf = (module) =>
  Object.keys(module)
    .filter((name) => !['default', 'module.exports', '__esModule'].includes(name))
    .sort()

/** @param {string} specifier */
async function compare(specifier) {
  const required = require(specifier)
  const imported = await import(specifier)
  const names = namesOf(imported)
  return {
    names,
    // A class or function that is required as itself carries the names, and need not list them.
    different: names.filter((name) => required[name] !== imported[name]),
    unknown: namesOf(required).filter((name) => !names.includes(name)),
    // What stands in for nothing that had a default export has none.
    sameDefault:
      imported.default === undefined || (required.default ?? required) === imported.default,
  }
}

/**
 * A request as an adapter would describe it.
 *
 * @param {string | undefined} cookieHeader
 */
function incoming(cookieHeader) {
  return {
    ...{ method: 'GET', target: '/', host: 'app.example', isSecure: true, address: '192.0.2.1' },
    ...{ userAgent: 'smoke', cookieHeader, forwardedNotice: undefined },
    header: () => undefined,
    isRepeated: () => false,
  }
}

/**
 * Signs in, comes back with the cookie, is signed out by the server, and comes back again.
 *
 * @param {import('sojourn').Store} [store]
 */
async function stay(store) {
  const { createSojourn } = /** @type {typeof import('sojourn')} */ (require('sojourn'))
  const sojourn = createSojourn({ secrets: 'x'.repeat(43), ...(store && { store }) })
  const first = sojourn.exchange(incoming(undefined))
  await first.session.signIn('ada')
  const outgoing = await first.commit()
  const [cookie] = outgoing?.cookies.map((line) => line.split(';')[0]) ?? []
  const second = sojourn.exchange(incoming(cookie))
  await second.session.load()
  const came = second.session.subject
  const ended = await sojourn.revokeAll('ada')
  const third = sojourn.exchange(incoming(cookie))
  await third.session.load()
  const found = { store: sojourn.storeName, came, ended, isSignedIn: third.session.isSignedIn }
  await sojourn.close()
  return found
}

const { exports } = require('sojourn/package.json')
const specifiers = Object.keys(exports)
  .filter((name) => !name.endsWith('.json'))
  .map((name) => `sojourn${name.slice(1)}`)

/** @type {Record<string, object>} */
const compared = {}
for (const specifier of specifiers) compared[specifier] = await compare(specifier)

const { openSqliteStore } = await import('sojourn/sqlite')
const file = new URL('smoke.db', import.meta.url).pathname
const stays = [await stay(), await stay(await openSqliteStore({ file }))]
for (const end of ['', '-wal', '-shm']) rmSync(file + end, { force: true })
console.log(JSON.stringify({ node: process.versions.node, compared, stays, warnings }))
