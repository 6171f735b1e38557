// @ts-nocheck: it runs in a process of its own, beside code of documents that nobody has typed.
/**
 * A process that runs the programs of the documents one after the other, on the built package: starting a process for each
 * would cost half a second of a core. What listens stays, on any free port, until this process ends.
 */
import { spawn } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { Server } from 'node:net'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { format } from 'node:util'
import { openDesk } from './program-desk.mjs'
import { toModules } from './program-text.mjs'

/** What was listened on since a program began. */
let servers = []
/** What was said, and which errors nobody caught. */
let output = []
let strays = []

const { listen } = Server.prototype
Server.prototype.listen = function listenAnywhere(...args) {
  const [at, ...rest] = args
  const isPort = typeof at === 'number' || typeof at === 'string'
  const settled = new Promise((resolve) => this.once('listening', resolve).once('close', resolve))
  servers.push({ server: this, settled })
  if (isPort) return listen.call(this, 0, ...rest.filter((one) => typeof one !== 'string'))
  return listen.call(this, { ...at, port: 0 }, ...rest)
}
console.log = (...words) => output.push(format(...words))
process.on('uncaughtException', (error) => strays.push(error))
process.on('unhandledRejection', (error) => strays.push(error))

process.on('message', async (block) => {
  process.send(await run(block))
})

async function run({ id, language, code, note }) {
  servers = []
  output = []
  strays = []
  const folder = join(process.env.DOCS_FOLDER, id.replaceAll(/[^\w]+/g, '-'))
  mkdirSync(folder, { recursive: true })
  process.chdir(folder)
  try {
    const modules = await toModules({ language, code, note })
    for (const [index, text] of modules.entries()) {
      const file = join(folder, `program-${index}.mjs`)
      writeFileSync(file, text)
      if (text.includes("from 'node:test'")) await runAlone(file)
      else await import(pathToFileURL(file).href)
    }
    await new Promise((resolve) => setImmediate(resolve))
    if (strays.length > 0) throw strays[0]
    return { id, output, ports: await portsOf(servers) }
  } catch (error) {
    return { id, output, ports: [], error: String(error?.stack ?? error) }
  }
}

/** node:test reports when its process ends: since Node 23 as people read it, before as TAP. */
async function runAlone(file) {
  const child = spawn(process.execPath, [file], { stdio: ['ignore', 'pipe', 'inherit'] })
  let said = ''
  child.stdout.on('data', (chunk) => (said += chunk))
  const code = await new Promise((resolve) => child.once('close', resolve))
  if (code !== 0 || !/^[#ℹ] pass [1-9]/m.test(said)) throw new Error(said)
}

async function portsOf(all) {
  await Promise.all(all.map(({ settled }) => settled))
  return all.flatMap(({ server }) => (server.listening ? [server.address().port] : []))
}

await openDesk(process.env.DESK)
process.send({ id: 'ready' })
