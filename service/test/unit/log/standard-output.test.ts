import { Writable } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { createLineSink } from '../../../src/log/index.js'

const NOON = Date.UTC(2024, 0, 1, 12)

/** A stream whose reader reads when told, or whose disk is full. */
function reader() {
  const read: string[] = []
  let release: (() => void) | undefined
  let fault: Error | undefined
  let isReading = true
  const stream = new Writable({
    decodeStrings: false,
    highWaterMark: 16,
    emitClose: false,
    // As Node does it for the standard streams: they cannot be closed by a fault.
    destroy(error, done) {
      done(error)
      ;(stream as unknown as { _undestroy(): void })._undestroy()
    },
    write(chunk: string, _encoding, done) {
      const go = (): void => {
        if (fault === undefined) read.push(chunk)
        done(fault)
      }
      if (isReading) go()
      else release = go
    },
  })
  return {
    stream,
    read,
    stop: () => (isReading = false),
    goOn() {
      isReading = true
      release?.()
    },
    fault: (error: Error | undefined) => (fault = error),
  }
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

describe('where lines go', () => {
  it('a reader that does not read costs lines, which are counted and told of, and no more memory than was set', async () => {
    const { stream, read, stop, goOn } = reader()
    const sink = createLineSink(stream, () => NOON, 100)
    stop()
    for (let line = 0; line < 1_000; line += 1) sink.write(`line ${String(line).padStart(4)}\n`)
    expect(stream.writableLength).toBe(100)
    expect(sink.dropped).toBe(990)
    goOn()
    await turn()
    sink.write('after\n')
    await turn()
    expect(read.slice(9)).toEqual([
      'line    9\n',
      '{"level":"warn","time":"2024-01-01T12:00:00.000Z","event":"log.dropped","count":990,"msg":"Lines of the log could not be written"}\n',
      'after\n',
    ])
    expect(sink.dropped).toBe(990)
  })

  it('a full disk costs lines, throws nothing, and is told of once there is room', async () => {
    const { stream, read, ...disk } = reader()
    const sink = createLineSink(stream, () => NOON)
    disk.fault(Object.assign(new Error('no space left'), { code: 'ENOSPC' }))
    for (let line = 0; line < 3; line += 1) {
      sink.write('lost\n')
      await turn()
    }
    expect([sink.dropped, read]).toEqual([3, []])
    disk.fault(undefined)
    sink.write('kept\n')
    await turn()
    expect(read).toEqual([expect.stringContaining('"count":3'), 'kept\n'])
    expect(sink.dropped).toBe(3)
  })

  it('is waited for at the end, and not for ever', async () => {
    const { stream, read, stop, goOn } = reader()
    const sink = createLineSink(stream, () => NOON)
    await sink.written(10_000)
    stop()
    sink.write('last words\n')
    const start = performance.now()
    await sink.written(30)
    expect(performance.now() - start).toBeGreaterThan(25)
    expect(read).toEqual([])
    const isOut = sink.written(10_000)
    goOn()
    await isOut
    expect(read.join('')).toBe('last words\n')
  })
})
