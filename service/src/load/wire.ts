import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from 'node:http'
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https'
import type { Outcome } from './recorder.js'

/** A request to be sent. */
export interface Call {
  readonly method: string
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string
}

/** What came back. */
export interface Reply {
  readonly outcome: Outcome
  readonly body: string
  readonly setCookie: readonly string[]
  readonly retryAfter: string | undefined
  /** Milliseconds from sending it. */
  readonly served: number
  readonly bytes: { readonly received: number; readonly sent: number }
}

/** Connections to one origin, which are kept open. */
export interface Wire {
  /** Sends a request as soon as a connection is free. Never rejects. */
  send(call: Call): Promise<Reply>
  close(): void
}

export interface WireOptions {
  readonly origin: URL
  /** The most connections at once. */
  readonly connections: number
  /** Milliseconds for an answer to be complete. */
  readonly timeout: number
  /** Certificates (PEM) of a private authority. */
  readonly ca?: string | undefined
}

/** Opens connections with Node's own client, which checks certificates and never asks the same thing twice by itself. */
export function createWire({ origin, connections, timeout, ca }: WireOptions): Wire {
  const isSecure = origin.protocol === 'https:'
  const settings = { keepAlive: true, maxSockets: connections, scheduling: 'fifo' } as const
  const agent = isSecure
    ? new HttpsAgent({ ...settings, ...(ca === undefined ? {} : { ca }) })
    : new HttpAgent(settings)
  const ask = isSecure ? httpsRequest : httpRequest
  const sendOnce = (call: Call): Promise<Reply & { readonly isStale?: boolean }> =>
    new Promise((resolve) => {
      const begunAt = performance.now()
      const meter = createMeter()
      const { method, path, body } = call
      const length = body === undefined ? {} : { 'Content-Length': Buffer.byteLength(body) }
      const headers = { Accept: 'application/json', ...length, ...call.headers }
      const request = ask(new URL(path, origin), { method, headers, agent })
      const finish = (
        outcome: Outcome,
        text = '',
        answer?: IncomingMessage,
        isStale = false,
      ): void => {
        clearTimeout(timer)
        const served = performance.now() - begunAt
        resolve({ outcome, body: text, ...headersOf(answer), served, bytes: meter.read(), isStale })
      }
      const timer = setTimeout(() => {
        finish('timeout')
        request.destroy()
      }, timeout)
      request.once('socket', meter.watch)
      request.once('response', (answer) => {
        readText(answer).then(
          (text) => finish(answer.statusCode ?? 0, text, answer),
          () => finish('connection'),
        )
      })
      request.once('error', (error: NodeJS.ErrnoException) => {
        finish('connection', '', undefined, request.reusedSocket && error.code === 'ECONNRESET')
      })
      request.end(body)
    })
  return {
    async send(call) {
      const reply = await sendOnce(call)
      // The server has closed an idle connection just when it was taken again: nobody has read the request.
      return reply.isStale === true ? sendOnce(call) : reply
    },
    close: () => agent.destroy(),
  }
}

function headersOf(answer: IncomingMessage | undefined): Pick<Reply, 'setCookie' | 'retryAfter'> {
  const headers = answer?.headers
  return { setCookie: headers?.['set-cookie'] ?? [], retryAfter: headers?.['retry-after'] }
}

/** What a socket has carried. */
interface Traffic {
  readonly bytesRead: number
  readonly bytesWritten: number
}

interface Meter {
  readonly watch: (socket: Traffic) => void
  readonly read: () => Reply['bytes']
}

/** Counts the bytes of one exchange: a connection carries one at a time. */
function createMeter(): Meter {
  let read = { received: 0, sent: 0 }
  let socket: Traffic | undefined
  return {
    watch: (given) => {
      socket = given
      read = { received: given.bytesRead, sent: given.bytesWritten }
    },
    read: () => ({
      received: (socket?.bytesRead ?? 0) - read.received,
      sent: (socket?.bytesWritten ?? 0) - read.sent,
    }),
  }
}

async function readText(answer: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of answer) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString()
}
