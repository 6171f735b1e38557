import { once } from 'node:events'
import { connect, createServer } from 'node:net'

/**
 * A Redis that counts: it passes everything on, and keeps how many commands came, in how many round trips. A round trip
 * is what a server sends between two answers that it waits for, however many commands it holds. What a near cache listens
 * on is left out: a heartbeat does not belong to any request.
 *
 * @param {string} redisUrl
 */
export async function startCountingProxy(redisUrl) {
  const { port: target } = new URL(redisUrl)
  const count = { commands: 0, trips: 0 }
  const sockets = new Set()
  const server = createServer((near) => {
    const far = connect(Number(target), '127.0.0.1')
    for (const socket of [near, far]) {
      sockets.add(socket.setNoDelay(true))
      socket.on('error', () => undefined)
      socket.on('close', () => [near, far].forEach((one) => one.destroy()))
    }
    passOn(near, far, count)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `redis://127.0.0.1:${server.address().port}`,
    read: () => ({ ...count }),
    stop() {
      server.close()
      for (const socket of sockets) socket.destroy()
    },
  }
}

function passOn(near, far, count) {
  const nextCommand = createCommandReader()
  let isWaiting = false
  let isListener = false
  near.on('data', (chunk) => {
    far.write(chunk)
    const names = nextCommand(chunk)
    isListener ||= names.some((name) => name.includes('SUBSCRIBE'))
    if (isListener || names.length === 0) return
    count.commands += names.length
    if (!isWaiting) count.trips += 1
    isWaiting = true
  })
  far.on('data', (chunk) => {
    isWaiting = false
    near.write(chunk)
  })
}

/** Reads requests of RESP, which may come in pieces: answers the names of the commands that each chunk completes. */
function createCommandReader() {
  let rest = Buffer.alloc(0)
  return (chunk) => {
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk])
    const names = []
    for (;;) {
      const command = readCommand(rest)
      if (command === undefined) return names
      names.push(command.name)
      rest = rest.subarray(command.end)
    }
  }
}

/** The command at the beginning, or `undefined` where it is not complete. */
function readCommand(bytes) {
  let at = bytes.indexOf('\r\n')
  if (at < 0) return undefined
  const parts = Number(bytes.toString('latin1', 1, at))
  at += 2
  let name = ''
  for (let part = 0; part < parts; part += 1) {
    const end = bytes.indexOf('\r\n', at)
    if (end < 0) return undefined
    const start = end + 2
    const length = Number(bytes.toString('latin1', at + 1, end))
    if (bytes.length < start + length + 2) return undefined
    if (part === 0) name = bytes.toString('latin1', start, start + length).toUpperCase()
    at = start + length + 2
  }
  return { name, end: at }
}
