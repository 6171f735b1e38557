import { once } from 'node:events'
import { Readable } from 'node:stream'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { afterAll, expect, it } from 'vitest'
import { holdResponse } from '../../../src/adapter/node/held-response.js'
import { listen, open, requestText, sleep, type Running } from './wire.js'

const MEGABYTE = 1_048_576
const TOTAL = 500 * MEGABYTE
const CHUNK = 65_536

// Counts what is alive, not what the collector has not come to yet.
setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

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
  const live = (): number => {
    collect()
    const { arrayBuffers, heapUsed } = process.memoryUsage()
    return arrayBuffers + heapUsed
  }
  const before = live()
  let most = 0
  let samples = 0
  let received = 0
  const socket = open(running.port)
  socket.on('data', (chunk) => {
    received += chunk.length
  })
  const watch = setInterval(() => {
    most = Math.max(most, live() - before)
    samples += 1
  }, 50)
  socket.write(requestText('GET', '/'))
  await once(socket, 'close')
  clearInterval(watch)
  expect(received).toBeGreaterThan(TOTAL)
  // 64 KiB held, plus the source's own high-water mark.
  expect(producedWhileHeld).toBeGreaterThanOrEqual(CHUNK)
  expect(producedWhileHeld).toBeLessThanOrEqual(4 * CHUNK)
  expect(samples).toBeGreaterThan(10)
  expect(most).toBeLessThan(64 * MEGABYTE)
}, 60_000)
