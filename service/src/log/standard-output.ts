import type { Writable } from 'node:stream'
import type { DestinationStream } from 'pino'

/** So much waits at most for a reader that does not read: some thousand lines. Bytes. */
const MOST_WAITING = 1_048_576

/** Where lines go, for better or worse: whoever writes never waits, and never hears of a fault. */
export interface LineSink extends DestinationStream {
  /** How many lines nobody will ever read: the disk was full, the reader had gone, or it did not keep up. */
  readonly dropped: number
  /** Waits until what was written is out of the process, but no longer than so many milliseconds. */
  written(within: number): Promise<void>
}

/**
 * A log must never be why somebody is not let in. A full disk makes a stream emit `error`, which would end the process;
 * a pipe that nobody reads makes it keep every line for good. Both cost lines here, which are counted, and told of in a
 * line of their own once there is room again.
 */
export function createLineSink(
  stream: Writable,
  now: () => number,
  mostWaiting = MOST_WAITING,
): LineSink {
  let dropped = 0
  /** Of those, how many no line has told of. */
  let untold = 0
  const drop = (count: number): void => {
    dropped += count
    untold += count
  }
  const put = (text: string, onFault: () => void): void => {
    try {
      stream.write(text, (error) => {
        if (error) onFault()
      })
    } catch {
      onFault()
    }
  }
  const tell = (): void => {
    const count = untold
    untold = 0
    put(noticeOf(count, now()), () => {
      untold += count
    })
  }
  // The callback of each write hears of it as well.
  stream.on('error', () => undefined)
  return {
    get dropped() {
      return dropped
    },
    write(line) {
      if (stream.writableLength + line.length > mostWaiting) {
        drop(1)
        return
      }
      if (untold > 0) tell()
      put(line, () => {
        drop(1)
      })
    },
    async written(within) {
      if (stream.writableLength === 0) return
      await new Promise<void>((resolve) => {
        const done = (): void => {
          clearTimeout(timer)
          resolve()
        }
        const timer = setTimeout(done, within)
        stream.write('', done)
      })
    },
  }
}

function noticeOf(count: number, at: number): string {
  const time = new Date(at).toISOString()
  const msg = 'Lines of the log could not be written'
  return `${JSON.stringify({ level: 'warn', time, event: 'log.dropped', count, msg })}\n`
}

let opened: LineSink | undefined

/** Standard output, the one sink that there is of it. */
export function standardOutput(): LineSink {
  // eslint-disable-next-line no-restricted-syntax -- a log tells the host's time
  opened ??= createLineSink(process.stdout, () => Date.now())
  return opened
}
