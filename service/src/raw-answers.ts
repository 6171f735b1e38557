/**
 * Answers to what never becomes a request of Express: CONNECT, a method nobody knows, a head that is malformed,
 * too large or too slow. Node's own answers to these say a status and nothing else.
 */
import { IncomingMessage, ServerResponse, type Server } from 'node:http'
import { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { createSecurityHeaders, type HeaderLine } from 'sojourn'
import type { ServerConfig } from './config/config.js'
import { sendProblem, type ProblemFacts } from './http/index.js'
import { headerOptions } from './transport.js'

const METHOD: ProblemFacts = {
  status: 405,
  code: 'method_not_allowed',
  detail: 'Method not allowed.',
  headers: { Allow: 'GET, HEAD, POST, PATCH, DELETE' },
}
const MALFORMED: ProblemFacts = {
  status: 400,
  code: 'bad_request',
  detail: 'The request is not valid HTTP.',
}
/** By what Node calls the fault. */
const PROBLEMS: Readonly<Record<string, ProblemFacts>> = {
  HPE_INVALID_METHOD: METHOD,
  HPE_HEADER_OVERFLOW: {
    status: 431,
    code: 'header_too_large',
    detail: 'The head of the request is too large.',
  },
  ERR_HTTP_REQUEST_TIMEOUT: {
    status: 408,
    code: 'timeout',
    detail: 'The request took too long.',
  },
}

/** Answers them as problems, and ends the connection. */
export function answerRaw(server: Server, config: ServerConfig): void {
  const { lines, apiPolicy } = createSecurityHeaders(headerOptions(config))
  const headers: HeaderLine[] = [...lines(true), ['Content-Security-Policy', apiPolicy]]
  const answering = new WeakSet<Duplex>()
  const refuse = (socket: Duplex, problem: ProblemFacts): void => {
    // In the middle of another answer, this one would be taken for its body.
    const mayAnswer = socket instanceof Socket && socket.writable && !answering.has(socket)
    if (mayAnswer) answer(socket, problem, headers)
    else socket.destroy()
  }
  server.on('request', ({ socket }, response) => {
    answering.add(socket)
    response.once('close', () => answering.delete(socket))
  })
  server.on('connect', (_request, socket) => {
    refuse(socket, METHOD)
  })
  server.on('clientError', ({ code = '' }: NodeJS.ErrnoException, socket) => {
    // Where no TLS came about there is nothing to speak through.
    if (/^ERR_(?:SSL|TLS)_/.test(code)) socket.destroy()
    else refuse(socket, PROBLEMS[code] ?? MALFORMED)
  })
}

function answer(socket: Socket, problem: ProblemFacts, headers: readonly HeaderLine[]): void {
  const response = new ServerResponse(new IncomingMessage(socket))
  response.assignSocket(socket)
  response.once('finish', () => socket.end())
  response.setHeader('Connection', 'close')
  for (const [name, value] of headers) response.setHeader(name, value)
  sendProblem(response, problem)
}
