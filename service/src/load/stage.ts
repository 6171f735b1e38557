import { SingleBar, Presets } from 'cli-progress'
import { Writable } from 'node:stream'
import { countText, rateText, shareText, spanText } from './amounts.js'
import type { Live } from './recorder.js'

/** Where it is told how far things have come. */
export interface Stage {
  /** One sentence. */
  say(words: string): void
  /** Begins something that has `total` parts; the answer ends it. */
  begin(what: string, total: number): () => void
  /** So many parts are done. */
  reach(done: number): void
  /** Follows a run of so many milliseconds, second by second; the answer ends it. */
  watch(duration: number, live: () => Live): () => void
}

/** Nothing is told. */
export const silentStage: Stage = {
  say: () => undefined,
  begin: () => () => undefined,
  reach: () => undefined,
  watch: () => () => undefined,
}

type Write = (text: string) => void

/** Plain lines, for logs and pipelines: ten of a run, at most one a second. */
export function createPlainStage(write: Write): Stage {
  let reached = 0
  return {
    say: (words) => write(`${words}\n`),
    begin(what, total) {
      write(`${what} …\n`)
      const begunAt = performance.now()
      reached = 0
      return () => {
        const took = spanText(performance.now() - begunAt)
        write(`${what}: ${countText(reached)} of ${countText(total)} done, ${took}\n`)
      }
    },
    reach: (done) => {
      reached = done
    },
    watch: (duration, live) =>
      everySecond(live, Math.max(1, Math.round(duration / 10_000)), (elapsed, rate, now) => {
        write(`${String(Math.round(elapsed / 1_000)).padStart(4)} s  ${liveText(rate, now)}\n`)
      }),
  }
}

/** A bar that is drawn anew on one line, for people. */
export function createBarStage(write: Write, columns: number): Stage {
  const stream = screen(write, columns)
  const open = (format: string, total: number): SingleBar => {
    const settings = { stream, format, barsize: 20, hideCursor: true, gracefulExit: false }
    const bar = new SingleBar(
      { ...settings, fps: 8, clearOnComplete: true },
      Presets.shades_classic,
    )
    bar.start(total, 0, { said: '' })
    return bar
  }
  let bar: SingleBar | undefined
  return {
    say: (words) => write(`${words}\n`),
    begin(what, total) {
      const begun = (bar = open(`${what} {bar} {value}/{total}`, total))
      return () => begun.stop()
    },
    reach: (done) => bar?.update(done),
    watch(duration, live) {
      const seconds = Math.max(1, Math.round(duration / 1_000))
      const begun = open('{bar} {value}/{total} s  {said}', seconds)
      const end = everySecond(live, 1, (elapsed, rate, now) => {
        const done = Math.min(seconds, Math.round(elapsed / 1_000))
        begun.update(done, { said: liveText(rate, now) })
      })
      return () => {
        end()
        begun.stop()
      }
    },
  }
}

function everySecond(
  live: () => Live,
  every: number,
  tell: (elapsed: number, rate: number, now: Live) => void,
): () => void {
  const begunAt = performance.now()
  let before = { at: begunAt, count: 0 }
  const timer = setInterval(() => {
    const now = live()
    const at = performance.now()
    const rate = (1_000 * (now.count - before.count)) / (at - before.at)
    before = { at, count: now.count }
    tell(at - begunAt, rate, now)
  }, every * 1_000)
  return () => clearInterval(timer)
}

/** The percentiles are of the time since the line before. */
export function liveText(rate: number, { count, errors, p50, p99 }: Live): string {
  const share = count === 0 ? 0 : errors / count
  const failed = `${countText(errors)} errors (${shareText(share)})`
  return `${rateText(rate)}/s  p50 ${spanText(p50)}  p99 ${spanText(p99)}  ${failed}`
}

/** What cli-progress and node:readline need of a terminal. */
function screen(write: Write, columns: number): NodeJS.WritableStream {
  const stream = new Writable({
    decodeStrings: false,
    write(text: string, _encoding, done) {
      write(text)
      done()
    },
  })
  return Object.assign(stream, { isTTY: true, columns })
}
