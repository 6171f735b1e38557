import express from 'express'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { describe, expect, it, onTestFinished } from 'vitest'
import { createLogger, createRequestLog, redact, redactText } from '../../../src/log/index.js'

const CANARY = 'canaryCanaryCanaryCanary0123456789abcdefghi'

/** A log that is kept, line by line. */
function record(level: 'info' | 'debug' = 'info') {
  const lines: string[] = []
  const log = createLogger({ level, destination: { write: (line) => void lines.push(line) } })
  return { log, lines }
}

describe('the log', () => {
  it('writes one line of JSON for each event', () => {
    const { log, lines } = record()
    log.info({ event: 'session.started', id: 'ab.cdefghijklmnopqrstuv' }, 'started')
    expect(lines).toHaveLength(1)
    expect(JSON.parse(lines[0] ?? '')).toEqual({
      level: 'info',
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/) as string,
      event: 'session.started',
      id: 'ab.cdefghijklmnopqrstuv',
      msg: 'started',
    })
  })

  it('writes nothing below its level', () => {
    const { log, lines } = record()
    log.debug('quiet')
    expect(lines).toEqual([])
  })

  const fields = {
    authorization: `Bearer ${CANARY}`,
    cookie: `sid=${CANARY}`,
    'Set-Cookie': [`sid=${CANARY}`],
    password: CANARY,
    newPassword: CANARY,
    current_password: CANARY,
    accessToken: CANARY,
    refresh_token: CANARY,
    tokens: { accessToken: CANARY },
    'X-CSRF-Token': CANARY,
    clientSecret: CANARY,
    credentials: [CANARY],
    SESSION_SECRET: CANARY,
    privateKey: CANARY,
    DPoP: CANARY,
  }
  it.each(Object.entries(fields))('hides the field %s, however deep', (name, value) => {
    const { log, lines } = record()
    log.info({ [name]: value })
    log.info({ request: { headers: [{ [name]: value }] } })
    log.error({ err: Object.assign(new Error('no'), { [name]: value }) })
    expect(lines).toHaveLength(3)
    expect(lines.join('')).not.toContain('canary')
    expect(lines.join('')).toContain('[redacted]')
  })

  const texts = [
    `GET /x?access_token=${CANARY}&a=1`,
    `/x?a=1&sid=${CANARY}`,
    `/reset?token=${CANARY}#x`,
    `https://app.example/cb#id_token=${CANARY}`,
    `redis://user:${CANARY}@redis.example:6379/0`,
    `postgres://:${CANARY}@db/x`,
    `Authorization: Bearer ${CANARY}`,
    `dpop ${CANARY}`,
    `eyJhbGciOiJIUzI1NiJ9.${CANARY}.${CANARY}`,
    `ab.abcdefghijklmnopqrstuv.${CANARY}`,
  ]
  it.each(texts)('hides a credential in text: %s', (text) => {
    const { log, lines } = record()
    log.info(text)
    log.info({ url: text, list: [text] }, 'with %s', text)
    log.warn(new Error(text))
    log.error({ err: new Error('outer', { cause: new Error(text) }) })
    log.child({ from: text }).info('child')
    expect(lines).toHaveLength(5)
    expect(lines.join('')).not.toContain('canary')
  })

  it('leaves alone what is public', () => {
    for (const text of [
      'ab.cdefghijklmnopqrstuv',
      '/sessions?limit=5&q=token',
      'http://localhost:3000/',
      'sojourn.example.com',
      'v1.2.3',
      '192.0.2.1',
      'a.b.c',
    ]) {
      expect(redactText(text)).toBe(text)
    }
    expect(redact({ tokenType: 'Bearer', passwordChangedAt: 5, id: 'x', none: undefined })).toEqual(
      {
        tokenType: 'Bearer',
        passwordChangedAt: 5,
        id: 'x',
        none: undefined,
      },
    )
  })

  it('keeps to one line whatever a client sends', () => {
    const { log, lines } = record()
    const evil = 'a\r\nb\u2028c\u2029d\u001b[31me\u0085f\u202eg\u0000'
    log.info({ agent: evil, [evil]: 1 }, evil)
    expect(lines).toHaveLength(1)
    // eslint-disable-next-line no-control-regex
    expect(lines[0]?.trimEnd()).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202e]/)
  })

  it('takes anything without failing', () => {
    const { log, lines } = record()
    const circle: { self?: unknown } = {}
    circle.self = circle
    log.info({
      circle,
      map: new Map(),
      big: 5n,
      bytes: Buffer.from(CANARY),
      date: new Date(0),
      none: null,
      act: () => 1,
    })
    log.info({ long: 'x'.repeat(100_000) })
    expect(lines).toHaveLength(2)
    expect(lines.join('')).not.toContain('canary')
    expect(lines[1]?.length).toBeLessThan(9_000)
  })
})

describe('the log of requests', () => {
  it('has one line for each, without a credential', async () => {
    const { log, lines } = record()
    const app = express()
    app.use(createRequestLog({ log, isQuiet: (request) => request.path === '/health' }))
    app.get('/health', (_request, response) => void response.json({}))
    app.use((_request, response) => {
      response.setHeader('Set-Cookie', `sid=${CANARY}`).status(401).json({})
    })
    const server = app.listen(0, '127.0.0.1')
    await once(server, 'listening')
    onTestFinished(() => void server.close())
    const { port } = server.address() as AddressInfo
    const headers = {
      cookie: `sid=${CANARY}`,
      authorization: `Bearer ${CANARY}`,
      'user-agent': `x${'y'.repeat(999)}`,
    }
    await fetch(`http://127.0.0.1:${String(port)}/health`)
    await fetch(`http://127.0.0.1:${String(port)}/a?access_token=${CANARY}`, { headers })
    await expect.poll(() => lines.length).toBe(1)
    expect(lines[0]).not.toContain('canary')
    const line = JSON.parse(lines[0] ?? '') as { readonly agent: string }
    expect(line).toMatchObject({
      level: 'warn',
      event: 'request',
      requestId: expect.stringMatching(/^[\w-]{12}$/) as string,
      method: 'GET',
      url: '/a?access_token=[redacted]',
      status: 401,
      address: '127.0.0.1',
      milliseconds: expect.any(Number) as number,
    })
    expect(line.agent).toHaveLength(256)
  })
})
