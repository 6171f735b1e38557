// @ts-nocheck It runs as it is, on sources that are compiled only when it is started.
// Sends 500 MB through a held response, and tells how much memory that took. A process of its own: what others left would count.
import { once } from 'node:events'
import { createServer } from 'node:http'
import { connect } from 'node:net'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'

const [folder, total, chunk] = process.argv.slice(2)
const TOTAL = Number(total)
const CHUNK = Number(chunk)
const { holdResponse } = await import(
  pathToFileURL(join(folder, 'adapter/node/held-response.js')).href
)

let produced = 0
let producedWhileHeld = -1
const source = () =>
  new Readable({
    read() {
      if (produced >= TOTAL) this.push(null)
      else {
        produced += CHUNK
        // A fresh buffer each time, so that keeping them would show.
        this.push(Buffer.alloc(CHUNK, produced & 255))
      }
    },
  })
const server = createServer((_request, response) => {
  holdResponse(response, async () => {
    await sleep(500)
    producedWhileHeld = produced
  })
  source().pipe(response)
})
server.listen(0, '127.0.0.1')
await once(server, 'listening')

// Counts what is alive, not what the collector has not come to yet.
const live = () => {
  globalThis.gc()
  const { arrayBuffers, heapUsed } = process.memoryUsage()
  return arrayBuffers + heapUsed
}
const before = live()
let most = 0
let samples = 0
let received = 0
const socket = connect(server.address().port, '127.0.0.1')
socket.on('data', (bytes) => {
  received += bytes.length
})
const watch = setInterval(() => {
  most = Math.max(most, live() - before)
  samples += 1
}, 50)
socket.write('GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n')
await once(socket, 'close')
clearInterval(watch)
server.close()
process.stdout.write(JSON.stringify({ received, producedWhileHeld, samples, most }))
