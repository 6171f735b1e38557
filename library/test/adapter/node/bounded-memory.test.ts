import { Readable } from 'node:stream'
import { once } from 'node:events'
import { afterAll, expect, it } from 'vitest'
import { holdResponse } from '../../../src/adapter/node/held-response.js'
import { listen, open, requestText, sleep, type Running } from './wire.js'

const MEGABYTE = 1_048_576
const TOTAL = 500 * MEGABYTE
const CHUNK = 65_536

let running: Running | undefined
afterAll(() => running?.close())

it('behaviour 5c: a 500 MB stream during a slow save uses bounded memory', async () => {
  let produced = 0
  let producedWhileHeld = -1
  const source = (): Readable =>
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
  running = await listen((_request, response) => {
    holdResponse(response, async () => {
      await sleep(500)
      producedWhileHeld = produced
    })
    source().pipe(response)
  })
  const before = process.memoryUsage()
  let most = 0
  let received = 0
  const socket = open(running.port)
  socket.on('data', (chunk) => {
    received += chunk.length
  })
  const watch = setInterval(() => {
    const now = process.memoryUsage()
    most = Math.max(most, now.arrayBuffers - before.arrayBuffers)
  }, 5)
  socket.write(requestText('GET', '/'))
  await once(socket, 'close')
  clearInterval(watch)
  expect(received).toBeGreaterThan(TOTAL)
  // 64 KiB held, plus the source's own high-water mark.
  expect(producedWhileHeld).toBeGreaterThanOrEqual(CHUNK)
  expect(producedWhileHeld).toBeLessThanOrEqual(4 * CHUNK)
  expect(most).toBeLessThan(100 * MEGABYTE)
}, 60_000)
