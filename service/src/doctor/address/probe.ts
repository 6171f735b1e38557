/**
 * Asks an address as a stranger would, one request at a time: nothing is signed in, nothing is changed. By node:http
 * and not by fetch, which follows rules of browsers (no TRACE, no Origin of one's own) that a doctor must not.
 */
import { request as plainRequest, type IncomingHttpHeaders } from 'node:http'
import { request as tlsRequest, type RequestOptions } from 'node:https'
import type { Socket } from 'node:net'
import { TLSSocket } from 'node:tls'

/** What came back. */
export interface Reply {
  readonly url: URL
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly cookies: readonly string[]
  /** The first part of the body, for recognising what it is. */
  readonly start: string
  readonly tls: TlsFacts | undefined
}

export interface TlsFacts {
  readonly protocol: string
  /** When the certificate runs out, in epoch milliseconds. */
  readonly expiresAt: number
}

/** Nothing came back. `reason` is one line for people. */
export interface NoReply {
  readonly url: URL
  readonly code: string
  readonly reason: string
}

export type Probed = Reply | NoReply

export interface ProbeOptions {
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  /** Milliseconds. Default 5,000. */
  readonly timeout?: number
  /** Certificates (PEM) of a private authority. */
  readonly ca?: string | undefined
}

/** Enough of a body to see whose it is. */
const MOST_BODY = 4_096
const TIMEOUT = 5_000

export function isReply(probed: Probed | undefined): probed is Reply {
  return probed !== undefined && 'status' in probed
}

/** One request. Never throws: what goes wrong is the answer. */
export async function probe(url: URL, options: ProbeOptions = {}): Promise<Probed> {
  return new Promise((resolve) => {
    const fail = (error: NodeJS.ErrnoException): void => {
      const code = error.code ?? 'ERROR'
      resolve({ url, code, reason: explain(code, error.message) })
    }
    const settings: RequestOptions = {
      method: options.method ?? 'GET',
      headers: {
        'user-agent': 'sojourn-doctor',
        accept: 'text/html,*/*;q=0.1',
        ...options.headers,
      },
      agent: false,
      ...(options.ca === undefined ? {} : { ca: options.ca }),
    }
    const send = url.protocol === 'https:' ? tlsRequest : plainRequest
    const request = send(url, settings, (response) => {
      const tls = tlsFacts(response.socket)
      let start = ''
      const finish = (): void => {
        const { statusCode: status = 0, headers } = response
        resolve({ url, status, headers, cookies: headers['set-cookie'] ?? [], start, tls })
        request.destroy()
      }
      response.setEncoding('latin1').on('data', (part: string) => {
        start += part
        if (start.length >= MOST_BODY) finish()
      })
      response.on('end', finish).on('error', fail)
    })
    const within = options.timeout ?? TIMEOUT
    const timer = setTimeout(() => {
      request.destroy(Object.assign(new Error('no answer in time'), { code: 'ETIMEDOUT' }))
    }, within)
    request.on('error', fail)
    request.on('close', () => {
      clearTimeout(timer)
    })
    request.end()
  })
}

function tlsFacts(socket: Socket): TlsFacts | undefined {
  if (!(socket instanceof TLSSocket)) return undefined
  const until = socket.getPeerCertificate().valid_to
  return { protocol: socket.getProtocol() ?? 'unknown', expiresAt: Date.parse(until) }
}

const REASONS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nobody listens there',
  ENOTFOUND: 'the name is not known',
  EAI_AGAIN: 'the name cannot be looked up now',
  ETIMEDOUT: 'no answer in time',
  ECONNRESET: 'the connection was cut',
  CERT_HAS_EXPIRED: 'the certificate has expired',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'the certificate is signed by itself',
  SELF_SIGNED_CERT_IN_CHAIN: 'the certificate chain ends in an authority nobody knows',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'the server does not send the whole certificate chain',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'the authority of the certificate is not known',
  ERR_TLS_CERT_ALTNAME_INVALID: 'the certificate is for another name',
}

function explain(code: string, message: string): string {
  const known = REASONS[code]
  return known === undefined ? `${code}: ${message.slice(0, 120)}` : `${known} (${code})`
}
