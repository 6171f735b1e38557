import express from 'express'
import { describe, expect, it } from 'vitest'
import { AccountsUnavailable, Busy, InvalidField } from '../../../src/account/errors.js'
import {
  createErrorHandler,
  fields,
  notFound,
  Problem,
  queryOf,
  strictQuery,
  text,
  toProblem,
  wantsHtml,
  wholeNumberText,
} from '../../../src/http/index.js'
import { InvalidInput, SojournError, StoreUnavailable } from '../../../../library/src/errors.js'
import { get, serve } from './support.js'

function failing(error: unknown): express.RequestHandler {
  return () => {
    throw error
  }
}

describe('problems', () => {
  it('are RFC 9457, with the fields the source documents promise', async () => {
    const problem = new Problem({
      status: 401,
      code: 'credentials_invalid',
      detail: 'Wrong user name or password.',
      error: 'Invalid credentials',
      headers: { 'WWW-Authenticate': 'Bearer' },
      extra: { reason: 'expired_idle' },
    })
    const app = await serve([failing(problem)])
    const { status, headers, body } = await get(app, '/')
    expect(status).toBe(401)
    expect(headers.get('content-type')).toBe('application/problem+json')
    expect(headers.get('cache-control')).toBe('no-store')
    expect(headers.get('www-authenticate')).toBe('Bearer')
    expect(body).toEqual({
      type: 'about:blank',
      title: 'Unauthorized',
      status: 401,
      detail: 'Wrong user name or password.',
      code: 'credentials_invalid',
      error: 'Invalid credentials',
      message: 'Wrong user name or password.',
      reason: 'expired_idle',
    })
  })

  it('let no extra member replace a standard one', async () => {
    const facts = { status: 400, code: 'x', detail: 'y', extra: { status: 200, code: 'z' } }
    const app = await serve([failing(new Problem(facts))])
    expect((await get(app, '/')).body).toMatchObject({ status: 400, code: 'x' })
  })

  it('are made of errors of the library and of the accounts', async () => {
    const cases = [
      [new StoreUnavailable('x'), 503, 'store_unavailable', '1'],
      [new AccountsUnavailable('x'), 503, 'store_unavailable', '1'],
      [new Busy(), 503, 'busy', '1'],
      [new SojournError('session_limit', 'Too many sessions.'), 409, 'session_limit', null],
      [new InvalidInput('cursor', 'cursor is not valid.'), 400, 'field_invalid', null],
      [new InvalidField('password', 'password is too short.'), 400, 'field_invalid', null],
      [Object.assign(new Error('no'), { status: 404 }), 404, 'not_found', null],
    ] as const
    for (const [error, status, code, retryAfter] of cases) {
      const app = await serve([failing(error)])
      const answer = await get(app, '/')
      expect([answer.status, answer.body['code'], answer.headers.get('retry-after')]).toEqual([
        status,
        code,
        retryAfter,
      ])
    }
    const app = await serve([failing(new InvalidField('password', 'password is too short.'))])
    expect((await get(app, '/')).body).toMatchObject({
      field: 'password',
      error: 'password is too short.',
    })
  })

  it('S3-35: an error without a status is a 500, and the answer has the field error', async () => {
    const faults: unknown[] = []
    const app = await serve([failing(new Error('inside story'))], {
      onFault: (error) => faults.push(error),
    })
    const answer = await get(app, '/')
    expect(answer.status).toBe(500)
    expect(answer.body['error']).toBe('Internal server error')
    expect(faults).toEqual([expect.objectContaining({ message: 'inside story' })])
    const other = await serve([failing(Object.assign(new Error('Not yours'), { statusCode: 403 }))])
    expect(await get(other, '/')).toMatchObject({ status: 403, body: { error: 'Not yours' } })
  })

  it('S3-42: the stack is in the answer in development, and never in production', async () => {
    const problem = new Problem({ status: 400, code: 'x', detail: 'y' })
    for (const error of [new Error('inside story'), problem]) {
      const development = await serve([failing(error)], { isDevelopment: true })
      const { body } = await get(development, '/')
      expect(body['stack']).toContain('answers.test.ts')
      expect(body['detail']).toBe(error.message)
      const production = await serve([failing(error)])
      const text = JSON.stringify((await get(production, '/')).body)
      expect(text).not.toContain('stack')
      expect(text).not.toContain('.ts')
      expect(text).not.toContain('inside story')
    }
  })

  it('tell nothing of the inside: not the message of a fault, nor what Node.js calls a code', () => {
    const system = Object.assign(new Error('connect ECONNREFUSED 10.0.0.7:6379'), {
      code: 'ECONNREFUSED',
    })
    expect(toProblem(system, false)).toMatchObject({
      status: 500,
      code: 'internal',
      detail: 'Internal server error',
    })
    expect(toProblem(new StoreUnavailable('the session file cannot be used'), false).detail).toBe(
      'The service is not available right now. Please try again in a moment.',
    )
    for (const odd of [
      undefined,
      null,
      'text',
      7,
      { status: 200 },
      { status: 99_999 },
      { status: Number.NaN },
    ]) {
      expect(toProblem(odd, false)).toMatchObject({ status: 500, code: 'internal' })
    }
  })

  it('answer a broken path with 400 and an unknown one with 404', async () => {
    const router = express.Router()
    router.get('/items/:id', (_request, response) => void response.json({}))
    const app = await serve([router, notFound])
    expect(await get(app, '/items/%ff')).toMatchObject({
      status: 400,
      body: { code: 'bad_request' },
    })
    expect(await get(app, '/nowhere')).toMatchObject({
      status: 404,
      body: { code: 'not_found', detail: 'Not found.' },
    })
  })

  it('end the connection where half an answer has left already', async () => {
    const app = await serve([
      (_request, response) => {
        response.write('half')
        throw new Error('too late')
      },
    ])
    await expect(get(app, '/')).rejects.toThrow()
  })

  it('are pages for people who ask for one', async () => {
    const app = await serve(
      [failing(new Problem({ status: 404, code: 'not_found', detail: 'Not here.' }))],
      {
        renderPage: (_request, response, problem) => {
          response.status(problem.status).type('html').send(`<p>${problem.detail}</p>`)
        },
      },
    )
    const browser = await get(app, '/', {
      accept: 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8',
    })
    expect(browser).toMatchObject({ status: 404, body: { text: '<p>Not here.</p>' } })
    expect((await get(app, '/')).body).toMatchObject({ code: 'not_found' })
  })
})

describe('page or JSON', () => {
  const cases = [
    ['text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8', true],
    ['text/html', true],
    ['*/*', false],
    ['application/json', false],
    ['application/json, text/html', false],
    ['text/html;q=0.5, application/json', false],
    ['image/png', false],
    ['nonsense', false],
    ['', false],
  ] as const
  it.each(cases)('Accept: %s', async (accept, isPage) => {
    const app = await serve([
      (request, response) => void response.json({ isPage: wantsHtml(request) }),
    ])
    expect((await get(app, '/', { accept })).body).toEqual({ isPage })
  })
})

describe('queries', () => {
  // 5,000 different names that fit into the 16 KB Node.js takes for a head.
  const letters = [
    ..."abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~!$'()*,;:@/",
  ]
  const names = [...letters, ...letters.flatMap((one) => letters.map((other) => one + other))]
  const many = names.slice(0, 5_000).join('&')
  const wrong = ['?a=1&a=2', '?a=1&%61=2', '?a[]=1&a[b]=2', '?a[b]=2', `?${many}`, '?a%5B%5D=1']

  it('query-06: a parameter that is given twice, in brackets, or 5,000 times is refused', async () => {
    const app = await serve([strictQuery])
    for (const query of wrong) {
      expect(await get(app, `/${query}`)).toMatchObject({
        status: 400,
        body: { code: 'query_invalid', detail: 'Each parameter may be given once.' },
      })
    }
    expect(app.seen).toEqual([])
  })

  it('are the same for request.query, for handlers that stand before the check', async () => {
    const app = await serve([(request, response) => void response.json({ query: request.query })])
    expect((await get(app, '/?a=1&b=x%20y+z&c&d=%zz')).body['query']).toEqual({
      a: '1',
      b: 'x y z',
      c: '',
      d: '%zz',
    })
    expect((await get(app, '/?a=1&a=2')).status).toBe(400)
    expect((await get(app, '/?__proto__=1&constructor=2')).body['query']).toEqual({
      ['__proto__']: '1',
      constructor: '2',
    })
  })

  it('are read by a schema, which leaves others aside', async () => {
    const schema = fields({ limit: wholeNumberText(1, 100).optional(), q: text().optional() })
    const app = await serve([(request, response) => void response.json(queryOf(request, schema))])
    expect((await get(app, '/?limit=7&q=x&utm_source=mail')).body).toEqual({ limit: 7, q: 'x' })
    for (const limit of [
      '-1',
      '0',
      '1e9',
      'NaN',
      '10abc',
      '[]',
      '',
      '101',
      '1.5',
      '%207',
      '٣',
      '0x5',
      '007',
    ]) {
      expect(await get(app, `/?limit=${limit}`)).toMatchObject({
        status: 400,
        body: { code: 'field_invalid', detail: 'limit must be a whole number from 1 to 100.' },
      })
    }
  })
})

describe('the error handler', () => {
  it('takes four arguments, by which Express knows it', () => {
    expect(createErrorHandler({ isDevelopment: false })).toHaveLength(4)
  })
})
