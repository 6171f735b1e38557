import type { SessionResponse } from './contract.js'
import { debug } from './debug.js'

type Call = (...args: unknown[]) => unknown

/** Starts what has to be done before an answer is complete. `false`: there is nothing to wait for. */
export type Finish = (done: () => void) => boolean

/**
 * Calls `finish` when the answer ends. The head and the body leave at once, all but the last byte: that waits until
 * `finish` is done, so that a client that has the whole answer finds its session saved.
 */
export function holdLastByte(response: SessionResponse, finish: Finish): void {
  const target = response as unknown as { end: Call; write: Call }
  const inner = { end: target.end, write: target.write }
  let isEnded = false
  target.end = function end(chunk, encoding, ...others) {
    if (isEnded) return false
    isEnded = true
    return endAfter(response, inner, [chunk, encoding, ...others], finish)
  }
}

function endAfter(
  response: SessionResponse,
  inner: { readonly end: Call; readonly write: Call },
  args: readonly unknown[],
  finish: Finish,
): unknown {
  const body = args.slice(0, 2).map((value) => (typeof value === 'function' ? undefined : value))
  const callback = args.find((value) => typeof value === 'function')
  const trailing = callback === undefined ? [] : [callback]
  let state: 'starting' | 'done' | 'waiting' = 'starting'
  let answer: unknown
  let rest: readonly unknown[] = body
  const complete = (): void => {
    if (state === 'done') return
    answer = inner.end.call(response, ...rest, ...trailing)
    state = 'done'
  }
  if (!finish(complete)) return inner.end.call(response, ...body, ...trailing)
  // A store that calls back at once: nothing was written yet, so the whole body goes with `end`.
  if (isDone(state)) return answer
  state = 'waiting'
  const written = writeAllButOne(response, inner.write, body)
  rest = written.rest
  return written.answer
}

function isDone(state: string): boolean {
  return state === 'done'
}

interface Written {
  readonly answer: unknown
  /** What `end` still has to send. */
  readonly rest: readonly unknown[]
}

function writeAllButOne(
  response: SessionResponse,
  write: Call,
  [chunk, encoding]: readonly unknown[],
): Written {
  if (!response.headersSent) response.writeHead(response.statusCode)
  if (chunk === undefined || chunk === null) return { answer: true, rest: [] }
  const length = Number(response.getHeader('Content-Length'))
  // Without a length the client cannot tell that the body is complete before the last chunk of `end`.
  if (Number.isNaN(length) || length <= 0) {
    return { answer: write.call(response, chunk, encoding), rest: [] }
  }
  const bytes = Buffer.isBuffer(chunk)
    ? chunk
    : Buffer.from(chunk as string, encoding as BufferEncoding)
  if (bytes.length === 0) return { answer: write.call(response, bytes), rest: [] }
  debug('split response')
  const answer = write.call(response, bytes.subarray(0, -1))
  return { answer, rest: [bytes.subarray(-1)] }
}
