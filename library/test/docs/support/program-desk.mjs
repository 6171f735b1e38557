// @ts-nocheck: it runs in a process of its own, beside code of documents that nobody has typed.
/**
 * The command `sojourn` for scripts, run in this process: starting one for each call would cost half a second of a core. A script hands
 * its words, folder, variables and input over in files (see SOJOURN in shell.ts), and prints what comes back.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { Server } from 'node:net'
import { join } from 'node:path'

const { listen } = Server.prototype
const PROGRAM = new URL('../../../../service/dist/cli/program.js', import.meta.url)

/** Listens at a path of the file system. */
export async function openDesk(socket) {
  const { run } = await import(PROGRAM.href)
  // One after the other: each works in a folder of its own, and a process has only one.
  let before = Promise.resolve()
  const server = createServer((request, response) => {
    const served = before.then(() => serve(run, decodeURI(request.url)))
    before = served.catch(() => undefined)
    served.then(
      (out) => response.end(out),
      (error) => response.writeHead(500).end(String(error)),
    )
  })
  await new Promise((resolve) => listen.call(server, socket, resolve))
}

async function serve(run, call) {
  const read = (name) => readFileSync(join(call, name), 'utf8')
  const list = (name) => read(name).split('\0').slice(0, -1)
  const [folder, ...words] = list('words')
  const environment = Object.fromEntries(list('environment').map((line) => line.split(/=(.*)/s)))
  let [out, error] = ['', '']
  const home = process.cwd()
  process.chdir(folder)
  try {
    const code = await run(words, {
      environment: () => environment,
      write: (text) => (out += text),
      writeError: (text) => (error += text),
      readInput: async () => read('input'),
      columns: undefined,
      // Somebody sits at the terminal, and means it.
      ask: async () => 'yes',
    })
    writeFileSync(join(call, 'error'), error)
    writeFileSync(join(call, 'code'), String(code))
    return out
  } finally {
    process.chdir(home)
  }
}
