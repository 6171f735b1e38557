import { isUint8Array } from 'node:util/types'

import type { HeaderStore } from './explicit-headers.js'
import type { FailureTarget } from './failure-answer.js'

/** The calls that make headers or body leave. */
export type Method = 'writeHead' | 'write' | 'end' | 'flushHeaders'

/** One of them, whatever its overloads. */
export type Call = (...args: unknown[]) => unknown

/** A response that can be held: `http.ServerResponse`, Express' responses, HTTP/2's compatibility response. */
export interface HoldableResponse extends FailureTarget, HeaderStore {
  readonly headersSent: boolean
  readonly destroyed: boolean
  setHeader(name: string, value: string | string[]): unknown
  writeHead(...args: never[]): unknown
  write(...args: never[]): unknown
  end(...args: never[]): unknown
  /** Missing in the types of HTTP/2, though it is there. */
  flushHeaders?(): void
  emit(event: 'drain'): boolean
  destroy(): unknown
}

/** How a response is held. */
export interface HoldOptions<Response> {
  /**
   * Bytes of the body kept while the response is held, after which `write` answers `false` until
   * `'drain'`. Default, and least, 65,536: wrappers such as `compression` only tell a writer to go on
   * once as much as their own high-water mark went through them.
   */
  readonly maxHeldBytes?: number
  /**
   * Answers in place of the application when settling failed. The headers of the application's answer
   * are gone, its body too. Use the response that is passed: it speaks past whoever wrapped the response
   * after it was held, and keeps working once this function has returned. Default: problem+json, 503 with
   * `Retry-After` for a store that failed.
   */
  readonly onFailure?: (error: unknown, response: Response) => void
}

/**
 * Whether Node will throw at this call and send nothing: a status that is none, a chunk that is none.
 * Such a call must reach Node at once, so that the error handler can give the answer instead.
 */
export function isRefusedByNode(
  method: Method,
  args: readonly unknown[],
  statusCode: number,
): boolean {
  const [chunk, encoding] = args
  const status = Number(method === 'writeHead' ? chunk : statusCode) | 0
  if (status < 100 || status > 999) return true
  if (method === 'write') return byteLength(chunk, encoding) === undefined
  // To `end`, anything falsy means that there is no chunk.
  const isChunk = Boolean(chunk) && typeof chunk !== 'function'
  return method === 'end' && isChunk && byteLength(chunk, encoding) === undefined
}

/** The bytes of a chunk, or `undefined` for what is no chunk. */
export function byteLength(chunk: unknown, encoding: unknown): number | undefined {
  if (isUint8Array(chunk)) return chunk.byteLength
  if (typeof chunk !== 'string') return undefined
  return Buffer.byteLength(chunk, encoding as BufferEncoding)
}

/** What Node throws at a second `writeHead`. */
export function headersSentError(): Error {
  const error = new Error('Cannot write headers after they are sent to the client')
  return Object.assign(error, { code: 'ERR_HTTP_HEADERS_SENT' })
}
