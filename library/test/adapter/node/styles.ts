/** The many ways in which applications answer, for comparing bytes with and without something in between. */
import { createReadStream, mkdtempSync, utimesSync, writeFileSync } from 'node:fs'
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import compression from 'compression'
import express, { type Request, type Response } from 'express'
import { sleep } from './wire.js'

export type Middleware = (
  request: IncomingMessage,
  response: ServerResponse,
  next: (error?: unknown) => void,
) => void

/** One way to answer, and how it is asked for. */
export interface Style<Req, Res> {
  readonly name: string
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly answer: (request: Req, response: Res) => unknown
}

const fixture = join(mkdtempSync(join(tmpdir(), 'sojourn-styles-')), 'page.txt')
writeFileSync(fixture, 'A file with some text.\n'.repeat(5_000))
utimesSync(fixture, 1_700_000_000, 1_700_000_000)

export const bareStyles: readonly Style<IncomingMessage, ServerResponse>[] = [
  { name: 'end(text): Content-Length', answer: (_q, s) => s.end('hello') },
  { name: 'end() alone', answer: (_q, s) => s.end() },
  { name: 'end(text) to HEAD', method: 'HEAD', answer: (_q, s) => s.end('hello') },
  { name: 'end(buffer)', answer: (_q, s) => s.end(Buffer.from([0, 1, 2, 255])) },
  { name: 'end(text, encoding)', answer: (_q, s) => s.end('aGVsbG8=', 'base64') },
  {
    name: 'end(text, encoding, callback)',
    answer: (_q, s) => s.end('é', 'latin1', () => undefined),
  },
  {
    name: '204',
    answer: (_q, s) => {
      s.statusCode = 204
      s.end()
    },
  },
  {
    name: '304 with a body that must not leave',
    answer: (_q, s) => {
      s.statusCode = 304
      s.setHeader('ETag', '"x"')
      s.end('not sent')
    },
  },
  { name: 'writeHead(status) and end', answer: (_q, s) => s.writeHead(201).end('made') },
  {
    name: 'writeHead(status, message, headers)',
    answer: (_q, s) => s.writeHead(299, 'Fine indeed', { 'X-One': '1', 'x-TWO': '2' }).end('ok'),
  },
  {
    name: 'writeHead with an array of headers (CVE-2025-7339)',
    answer: (_q, s) => s.writeHead(200, ['X-A', '1', 'Set-Cookie', 'a=1', 'X-A', '2']).end('ok'),
  },
  {
    name: 'writeHead with several Set-Cookie lines',
    answer: (_q, s) => s.writeHead(200, { 'Set-Cookie': ['a=1', 'b=2'] }).end('ok'),
  },
  {
    name: 'setHeader, then writeHead with headers over it',
    answer: (_q, s) => {
      s.setHeader('X-A', 'early')
      s.setHeader('Set-Cookie', 'a=1')
      s.writeHead(200, { 'X-A': 'late', 'Set-Cookie': 'b=2', 'Content-Length': 2 }).end('ok')
    },
  },
  {
    name: 'write, write, end: chunked',
    answer: (_q, s) => {
      s.write('one')
      s.write('two', 'utf8', () => undefined)
      s.end('three')
    },
  },
  {
    name: 'write with a declared length',
    answer: (_q, s) => {
      s.setHeader('Content-Length', 6)
      s.write('abc')
      s.end('def')
    },
  },
  {
    name: 'chunked to HTTP/1.0-like Connection: close with trailers',
    answer: (_q, s) => {
      s.setHeader('Trailer', 'X-Sum')
      s.write('body')
      s.addTrailers({ 'X-Sum': '42' })
      s.end()
    },
  },
  {
    name: 'server-sent events with flushHeaders',
    answer: async (_q, s) => {
      s.writeHead(200, { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-cache' })
      s.flushHeaders()
      for (let n = 0; n < 3; n += 1) {
        s.write(`data: ${String(n)}\n\n`)
        await sleep(15)
      }
      s.end()
    },
  },
  { name: 'pipe of a file', answer: (_q, s) => createReadStream(fixture).pipe(s) },
  {
    name: 'pipeline of an async generator',
    answer: (_q, s) =>
      pipeline(
        Readable.from(
          (function* () {
            for (let n = 0; n < 100; n += 1) yield `line ${String(n)}\n`
          })(),
        ),
        s,
      ),
  },
  {
    name: '100-continue',
    method: 'POST',
    headers: { Expect: '100-continue', 'Content-Length': '0' },
    answer: (_q, s) => s.end('after all'),
  },
  {
    name: 'early hints, then the answer',
    answer: (_q, s) => {
      s.writeEarlyHints({ link: '</a.css>; rel=preload' })
      s.end('hinted')
    },
  },
]

export const expressStyles: readonly Style<Request, Response>[] = [
  { name: 'res.json', answer: (_q, s) => s.json({ a: [1, 'ü'], b: null }) },
  { name: 'res.json to HEAD', method: 'HEAD', answer: (_q, s) => s.json({ a: 1 }) },
  { name: 'res.json 201', answer: (_q, s) => s.status(201).json({ made: true }) },
  { name: 'res.json with 204', answer: (_q, s) => s.status(204).json({ gone: true }) },
  { name: 'res.json with 304', answer: (_q, s) => s.status(304).json({ same: true }) },
  {
    name: 'res.json that is fresh: 304',
    headers: { 'If-None-Match': '*' },
    answer: (_q, s) => s.json({ a: 1 }),
  },
  { name: 'res.send text', answer: (_q, s) => s.send('<p>grüezi</p>') },
  { name: 'res.send buffer', answer: (_q, s) => s.send(Buffer.from('raw')) },
  { name: 'res.redirect', answer: (_q, s) => s.redirect('/elsewhere?a=1') },
  {
    name: 'res.redirect for a browser',
    headers: { Accept: 'text/html' },
    answer: (_q, s) => s.redirect(303, '/elsewhere'),
  },
  { name: 'res.sendStatus', answer: (_q, s) => s.sendStatus(404) },
  { name: 'res.sendFile', answer: (_q, s) => s.sendFile(fixture) },
  {
    name: 'res.sendFile with a range',
    headers: { Range: 'bytes=10-19' },
    answer: (_q, s) => s.sendFile(fixture),
  },
  {
    name: 'res.sendFile of a missing file',
    answer: (_q, s) =>
      s.sendFile(`${fixture}.missing`, (error) => {
        s.status(404).send(error instanceof Error ? 'gone' : '')
      }),
  },
  { name: 'res.cookie and res.json', answer: (_q, s) => s.cookie('own', 'x').json({ ok: 1 }) },
  {
    name: 'a status that Node refuses: the error handler answers',
    answer: (_q, s) => {
      s.statusCode = 99
      s.end('never sent')
    },
  },
  {
    name: 'a chunk that Node refuses: the error handler answers',
    answer: (_q, s) => s.end({ no: 'chunk' }),
  },
  {
    name: 'an error that reaches the error handler',
    answer: () => {
      throw new Error('on purpose')
    },
  },
]

const express4 = createRequire(import.meta.url)('express4') as typeof express

type Family = 'express4' | 'express5'

/** An application of one route. `compress` says on which side of `middleware` compression stands. */
export function expressApp(
  family: Family,
  middleware: Middleware | undefined,
  answer: (request: Request, response: Response) => unknown,
  compress?: 'before' | 'after',
): RequestListener {
  const app = family === 'express4' ? express4() : express()
  app.set('env', 'test')
  if (compress === 'before') app.use(compression({ threshold: 0 }))
  if (middleware !== undefined) app.use(middleware)
  if (compress === 'after') app.use(compression({ threshold: 0 }))
  app.use((request, response) => {
    answer(request, response)
  })
  app.use(
    (error: Error, _request: Request, response: Response, next: (error: unknown) => void): void => {
      if (response.headersSent) next(error)
      else response.status(500).send(`caught: ${error.message}`)
    },
  )
  return app
}

export function bareApp(
  middleware: Middleware | undefined,
  answer: (request: IncomingMessage, response: ServerResponse) => unknown,
): RequestListener {
  return (request, response) => {
    if (middleware === undefined) answer(request, response)
    else middleware(request, response, () => answer(request, response))
  }
}
