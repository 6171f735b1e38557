import type { IncomingMessage } from 'node:http'
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib'
import { Problem } from './problem.js'

/** The bounds of a request body. */
export interface BodyLimits {
  /** The most bytes, after decompression. Default 16,384. */
  readonly bytes: number
  /** The most time from here to the end of the body, in milliseconds. Default 10,000. */
  readonly timeoutMs: number
}

export const BODY_LIMITS: BodyLimits = { bytes: 16_384, timeoutMs: 10_000 }

/**
 * Of a body that is too large, this much is still read and thrown away, for this long. Closing at once
 * would reset the connection, and many clients would never see the answer.
 */
const LINGER_BYTES = 2 * 1_048_576
const LINGER_MS = 1_000

const DECODERS = {
  gzip: createGunzip,
  'x-gzip': createGunzip,
  deflate: createInflate,
  br: createBrotliDecompress,
}
type Decoder = ReturnType<(typeof DECODERS)[keyof typeof DECODERS]>

/**
 * Reads the whole body. The bytes that arrive count, not the length that was announced.
 *
 * @throws Problem 413 `body_too_large`, 408 `timeout`, 415 `media_type` (an unknown coding),
 * 400 `body_malformed` (damaged compression, or the client went away)
 */
export async function readBody(
  request: IncomingMessage,
  limits: BodyLimits = BODY_LIMITS,
): Promise<Buffer> {
  const decoder = decoderFor(request)
  const source = decoder === undefined ? request : request.pipe(decoder)
  try {
    return await collect(request, source, limits)
  } catch (problem) {
    request.unpipe()
    decoder?.destroy()
    throw await leave(request, problem as Problem)
  }
}

function decoderFor(request: IncomingMessage): Decoder | undefined {
  const coding = (request.headers['content-encoding'] ?? 'identity').trim().toLowerCase()
  if (coding === 'identity' || coding === '') return undefined
  if (Object.hasOwn(DECODERS, coding)) return DECODERS[coding as keyof typeof DECODERS]()
  throw new Problem({
    status: 415,
    code: 'media_type',
    detail: 'Send the body as it is, or compressed by gzip, deflate or br.',
    headers: { 'Accept-Encoding': 'gzip, deflate, br', Connection: 'close' },
  })
}

function collect(
  request: IncomingMessage,
  source: NodeJS.ReadableStream,
  limits: BodyLimits,
): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    let size = 0
    const timer = setTimeout(() => {
      refuse(tooSlow())
    }, limits.timeoutMs)
    const onData = (chunk: Buffer): void => {
      size += chunk.length
      if (size > limits.bytes) refuse(tooLarge(limits.bytes))
      else chunks.push(chunk)
    }
    const onEnd = (): void => {
      settle(() => {
        resolve(Buffer.concat(chunks))
      })
    }
    const onDamage = (): void => {
      refuse(malformed('The compression of the request body is damaged.'))
    }
    const onClose = (): void => {
      if (!request.complete) refuse(malformed('The request body ended early.'))
    }
    const refuse = (problem: Problem): void => {
      settle(() => {
        reject(problem)
      })
    }
    const settle = (finish: () => void): void => {
      clearTimeout(timer)
      source.off('data', onData).off('end', onEnd)
      request.off('close', onClose)
      finish()
    }
    source.on('data', onData).on('end', onEnd)
    // These stay: an error after the end must not end the process.
    source.on('error', onDamage)
    request.on('close', onClose).on('error', onDamage)
  })
}

/** Lets the rest of the body pass by, within bounds; where it goes on, the connection ends with the answer. */
async function leave(request: IncomingMessage, problem: Problem): Promise<Problem> {
  if (problem.status === 413) await drain(request)
  if (request.complete) return problem
  const { status, code, detail } = problem
  return new Problem({ status, code, detail, headers: { Connection: 'close' } })
}

function drain(request: IncomingMessage): Promise<void> {
  return new Promise((resolve) => {
    let left = LINGER_BYTES
    const finish = (): void => {
      clearTimeout(timer)
      request.off('data', onData).off('end', finish).off('close', finish)
      request.pause()
      resolve()
    }
    const onData = (chunk: Buffer): void => {
      left -= chunk.length
      if (left < 0) finish()
    }
    const timer = setTimeout(finish, LINGER_MS)
    if (request.readableEnded || request.destroyed) finish()
    else request.on('data', onData).on('end', finish).on('close', finish).resume()
  })
}

function tooLarge(bytes: number): Problem {
  const limit = `${String(Math.floor(bytes / 1024))} KB`
  const detail = `The request body is larger than ${limit}.`
  return new Problem({ status: 413, code: 'body_too_large', detail })
}

function tooSlow(): Problem {
  return new Problem({ status: 408, code: 'timeout', detail: 'The request took too long.' })
}

function malformed(message: string): Problem {
  return new Problem({ status: 400, code: 'body_malformed', detail: message })
}
