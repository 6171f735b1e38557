import { readFileSync } from 'node:fs'
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import {
  fields,
  flag,
  formBody,
  jsonBody,
  jsonOrForm,
  listOf,
  optionalBody,
  shortText,
  signInBody,
  text,
  wholeNumber,
} from '../../../src/http/index.js'
import { parseJsonObject } from '../../../src/http/strict-json.js'
import { z } from 'zod'
import { post, raw, serve } from './support.js'

const SIGN_IN = JSON.stringify({ username: 'ada', password: 'correct horse' })

/** What each refusal of a body must look like. */
function refused(status: number, code: string, detail: string) {
  return {
    status,
    body: expect.objectContaining({
      status,
      code,
      detail,
      message: detail,
      error: detail,
    }) as unknown,
  }
}
const malformed = (detail: string) => refused(400, 'body_malformed', detail)
const invalid = (detail: string) => refused(400, 'field_invalid', detail)
const NOT_JSON = 'The request body is not valid JSON.'

/** The files of one kind, as name and bytes. */
function vectors(kind: 'y' | 'n' | 'i'): readonly (readonly [string, Buffer])[] {
  const path = new URL(
    '../../../../library/test/vectors/jsontestsuite/test_parsing.json',
    import.meta.url,
  )
  const { files } = JSON.parse(readFileSync(path, 'utf8')) as { files: Record<string, string> }
  return Object.entries(files)
    .filter(([name]) => name.startsWith(`${kind}_`))
    .map(([name, base64]) => [name, Buffer.from(base64, 'base64')] as const)
}

describe('JSON bodies', () => {
  it('json-01: what is no JSON is refused', async () => {
    const app = await serve([jsonBody(signInBody)])
    for (const body of [
      '{',
      '',
      ' ',
      '{"username":}',
      "{'username':'a'}",
      `${SIGN_IN}x`,
      '\ufeff{}',
      '{"a":1,}',
    ]) {
      expect(await post(app, body)).toMatchObject(malformed(NOT_JSON))
    }
    const latin = Buffer.from('{"username":"caf\xe9","password":"x"}', 'latin1')
    expect(await post(app, latin)).toMatchObject(malformed(NOT_JSON))
    expect(app.seen).toEqual([])
  })

  it('json-02: JSON that is no object is refused', async () => {
    const app = await serve([jsonBody(signInBody)])
    for (const body of ['[]', '"x"', '1', 'null', 'true', `[${SIGN_IN}]`]) {
      expect(await post(app, body)).toMatchObject(
        malformed('The request body must be a JSON object.'),
      )
    }
  })

  it('json-03: all 188 files of JSONTestSuite that must not parse are refused', async () => {
    const app = await serve([jsonBody(z.looseObject({}), { bytes: 1_000_000 })])
    const files = vectors('n')
    expect(files).toHaveLength(188)
    for (const [name, bytes] of files) {
      const answer = await post(app, bytes)
      expect([name, answer.status, answer.body['code']]).toEqual([name, 400, 'body_malformed'])
      // Two of them are nothing but depth, which is found before the grammar is looked at.
      if (!/100000_opening_arrays|open_array_object/.test(name)) {
        expect([name, answer.body['detail']]).toEqual([name, NOT_JSON])
      }
    }
    expect(app.seen).toEqual([])
  })

  it('takes every object of JSONTestSuite that must parse, but for names given twice', () => {
    const objects = vectors('y').filter(([name]) => name.startsWith('y_object'))
    expect(objects.length).toBeGreaterThan(10)
    for (const [name, bytes] of objects) {
      if (/duplicated/.test(name)) expect(() => parseJsonObject(bytes)).toThrow('is given twice')
      else expect([name, parseJsonObject(bytes)]).toEqual([name, JSON.parse(bytes.toString())])
    }
  })

  it('never says anything but yes or no to what may or may not parse', () => {
    const files = vectors('i')
    expect(files).toHaveLength(35)
    for (const [, bytes] of files) {
      try {
        parseJsonObject(bytes)
      } catch (error) {
        expect(error).toMatchObject({ status: 400, code: 'body_malformed' })
      }
    }
  })

  it('json-04: a field that is given twice is refused by name', async () => {
    const app = await serve([jsonBody(signInBody)])
    const twice = malformed('The field username is given twice.')
    const bodies = [
      '{"username":"a","username":"b"}',
      '{"username":"a","password":"x","username":"a"}',
      String.raw`{"username":"a","\u0075sername":"b"}`,
      '{"username":{"x":1},"username":[{"username":1}]}',
      '{"username":"}{,\\"","username":"b"}',
    ]
    for (const body of bodies) expect(await post(app, body)).toMatchObject(twice)
    const inside = await post(app, '{"username":"a","data":[{"x":1},{"y":[],"y":2}]}')
    expect(inside).toMatchObject(malformed('The field y is given twice.'))
    const apart = await serve([jsonBody(z.looseObject({}))])
    const fine = '{"x":{"x":[{"x":1},{"x":2}]},"y":"x","z":["x","x"]}'
    expect(await post(apart, fine)).toMatchObject({
      status: 200,
      body: { body: JSON.parse(fine) as unknown },
    })
  })

  it('json-05: a body that is nested 10,000 deep is refused', async () => {
    const app = await serve([jsonBody(z.looseObject({}), { bytes: 100_000 })])
    const deep = malformed('The request body is nested too deeply.')
    const nested = (depth: number) => `{"a":${'['.repeat(depth - 1)}${']'.repeat(depth - 1)}}`
    expect(await post(app, nested(10_000))).toMatchObject(deep)
    expect(await post(app, '{"a":'.repeat(10_000) + '1' + '}'.repeat(10_000))).toMatchObject(deep)
    expect(await post(app, '['.repeat(10_000))).toMatchObject(deep)
    expect(await post(app, nested(101))).toMatchObject(deep)
    expect((await post(app, nested(100))).status).toBe(200)
  })

  it('json-06: a body of 17 KB is refused, one of 16 KB is not', async () => {
    const app = await serve([jsonBody(fields({ note: text() }))])
    const large = refused(413, 'body_too_large', 'The request body is larger than 16 KB.')
    const sized = (bytes: number) => `{"note":"${'x'.repeat(bytes - 11)}"}`
    expect(await post(app, sized(17 * 1024))).toMatchObject(large)
    expect(await post(app, sized(16_385))).toMatchObject(large)
    expect((await post(app, sized(16_384))).status).toBe(200)
    const pieces = new ReadableStream({
      start(controller) {
        for (let round = 0; round < 40; round += 1)
          controller.enqueue(Buffer.from(' '.repeat(1_000)))
        controller.close()
      },
    })
    const options = {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: pieces,
      duplex: 'half',
    }
    expect((await fetch(app.url, options as RequestInit)).status).toBe(413)
  })

  it('json-07: a body that never comes is answered with 408, and the connection ends', async () => {
    const app = await serve([jsonBody(signInBody, { timeoutMs: 200 })])
    const head = 'POST / HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n'
    for (const start of [
      `${head}Content-Length: 10737418240\r\n\r\n`,
      `${head}Content-Length: 10737418240\r\n\r\n{"username":`,
      `${head}Transfer-Encoding: chunked\r\n\r\n5\r\n{"use\r\n`,
    ]) {
      const started = performance.now()
      const answer = await raw(app, start, 5_000)
      expect(answer).toMatch(/^HTTP\/1\.1 408 /)
      expect(answer).toMatch(/connection: close/i)
      expect(answer).toContain('"code":"timeout"')
      expect(answer).toContain('The request took too long.')
      expect(performance.now() - started).toBeLessThan(2_000)
    }
  })

  it('json-11: a password of 1 MB is refused before anybody looks at it', async () => {
    const app = await serve([jsonBody(signInBody)])
    const body = JSON.stringify({ username: 'ada', password: 'p'.repeat(1_048_576) })
    expect(await post(app, body)).toMatchObject(
      refused(413, 'body_too_large', 'The request body is larger than 16 KB.'),
    )
    // The handler is where a password would be hashed.
    expect(app.seen).toEqual([])
  })

  it('does not read on and on: a body without end is cut off', async () => {
    const app = await serve([jsonBody(signInBody)])
    const head =
      'POST / HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 10737418240\r\n\r\n'
    const answer = await raw(
      app,
      Buffer.concat([Buffer.from(head), Buffer.alloc(3 * 1_048_576, 'x')]),
      5_000,
    )
    expect(answer).toMatch(/^HTTP\/1\.1 413 /)
    expect(answer).toMatch(/connection: close/i)
  })

  const wrong = {
    missing: undefined,
    null: null,
    number: 1,
    array: ['a'],
    object: { a: 1 },
    boolean: true,
  }
  it.each(Object.entries(wrong))(
    'json-08: a user name that is %s is refused',
    async (_, username) => {
      const app = await serve([jsonBody(signInBody)])
      const answer = await post(app, JSON.stringify({ username, password: 'correct horse' }))
      expect(answer).toMatchObject(invalid('username must be a string.'))
      expect(answer.body).toMatchObject({ field: 'username' })
    },
  )

  it.each(['', '   ', 'x'.repeat(300), 'a\u0000b', 'a\u202eb'])(
    'json-09: the user name %j is refused',
    async (username) => {
      const app = await serve([jsonBody(signInBody)])
      const answer = await post(app, JSON.stringify({ username, password: 'correct horse' }))
      expect(answer).toMatchObject(invalid('username must be 1 to 254 visible characters.'))
    },
  )

  it('json-14: __proto__ and constructor are refused as unknown fields', async () => {
    const app = await serve([jsonBody(signInBody)])
    const attempts = [
      ['__proto__', '{"username":"a","password":"x","__proto__":{"admin":true}}'],
      ['constructor', '{"username":"a","password":"x","constructor":{"prototype":{"admin":true}}}'],
    ] as const
    for (const [name, body] of attempts) {
      expect(await post(app, body)).toMatchObject(
        refused(400, 'field_unknown', `Unknown field ${name}.`),
      )
    }
    expect(await post(app, '{"__proto__":{"admin":true}}')).toMatchObject(
      refused(400, 'field_unknown', 'Unknown field __proto__.'),
    )
    // Nowhere, however deep, and however it is spelt.
    const open = await serve([jsonBody(z.looseObject({}))])
    expect(await post(open, String.raw`{"cart":[{"\u005f_proto__":1}]}`)).toMatchObject(
      refused(400, 'field_unknown', 'Unknown field __proto__.'),
    )
    expect(({} as { admin?: boolean }).admin).toBeUndefined()
  })

  it.each(['role', 'userId', 'sid', 'createdAt'])(
    'json-15: the extra field %s is refused',
    async (name) => {
      const app = await serve([jsonBody(signInBody)])
      const body = JSON.stringify({ username: 'ada', password: 'correct horse', [name]: 'admin' })
      expect(await post(app, body)).toMatchObject(
        refused(400, 'field_unknown', `Unknown field ${name}.`),
      )
    },
  )

  it('json-16: a query object in place of a user name is refused', async () => {
    const app = await serve([jsonBody(signInBody)])
    const body = '{"username":{"$ne":null},"password":{"$ne":null}}'
    expect(await post(app, body)).toMatchObject(invalid('username must be a string.'))
  })

  it('json-17: numbers that are no whole numbers are refused', async () => {
    const app = await serve([jsonBody(fields({ maxAge: wholeNumber(1, 34_560_000) }))])
    for (const number of [
      '1e400',
      '-1e400',
      '-0',
      '9007199254740993',
      '0.5',
      '0',
      '34560001',
      '"5"',
      'null',
      '[]',
    ]) {
      expect(await post(app, `{"maxAge":${number}}`)).toMatchObject(
        invalid('maxAge must be a whole number from 1 to 34560000.'),
      )
    }
    const zero = await serve([jsonBody(fields({ offset: wholeNumber(0, 9) }))])
    expect((await post(zero, '{"offset":-0}')).status).toBe(400)
    expect(await post(app, '{"maxAge":5.0e0}')).toMatchObject({
      status: 200,
      body: { body: { maxAge: 5 } },
    })
  })

  it('names lists and texts that are too long', async () => {
    const schema = fields({ name: shortText(64).optional(), ids: listOf(text(), 100).optional() })
    const app = await serve([jsonBody(schema)])
    expect(await post(app, JSON.stringify({ name: 'x'.repeat(65) }))).toMatchObject(
      invalid('name must be at most 64 characters.'),
    )
    expect((await post(app, JSON.stringify({ name: '👩'.repeat(64) }))).status).toBe(200)
    const ids = Array.from({ length: 101 }, String)
    expect(await post(app, JSON.stringify({ ids }))).toMatchObject(
      invalid('ids may hold at most 100 entries.'),
    )
    expect(await post(app, JSON.stringify({ ids: ['1', 2] }))).toMatchObject(
      invalid('ids.1 must be a string.'),
    )
  })

  it('says all that is wrong, in its own words where a schema has none', async () => {
    const schema = z.object({
      a: z.string(),
      b: z.number(),
      c: z.boolean(),
      d: z.array(z.string()),
      e: z.enum(['x', 'y']),
      f: z.string().max(2),
    })
    const app = await serve([jsonBody(schema)])
    const { body } = await post(app, '{"e":"z","f":"long"}')
    expect(body['errors']).toEqual([
      { field: 'a', message: 'a must be a string.' },
      { field: 'b', message: 'b must be a number.' },
      { field: 'c', message: 'c must be true or false.' },
      { field: 'd', message: 'd must be a list.' },
      { field: 'e', message: 'e must be one of x, y.' },
      { field: 'f', message: 'f must be at most 2 characters.' },
    ])
    expect(await post(app, '{"g":1}')).toMatchObject({
      body: { code: 'field_unknown', detail: 'Unknown field g.' },
    })
  })

  it('does not repeat a strange name as it is', async () => {
    const app = await serve([jsonBody(signInBody)])
    const { body } = await post(app, JSON.stringify({ ['\u202e\u0007' + 'x'.repeat(200)]: 1 }))
    expect(body['detail']).toBe(`Unknown field ??${'x'.repeat(59)}....`)
  })
})

describe('the type of a body', () => {
  it('header-28: a body that does not say it is JSON is refused', async () => {
    const app = await serve([jsonBody(signInBody)])
    const wrong = refused(415, 'media_type', 'Send application/json.')
    for (const type of [
      'text/plain',
      '',
      'application/x-www-form-urlencoded',
      'multipart/form-data',
      'application/jsonp',
      'application/json, text/plain',
      'json',
    ]) {
      expect(
        await post(app, Buffer.from(SIGN_IN), type === '' ? {} : { 'content-type': type }),
      ).toMatchObject(wrong)
    }
    const either = await serve([jsonOrForm(signInBody)])
    expect(await post(either, SIGN_IN, { 'content-type': 'text/plain' })).toMatchObject(wrong)
    expect(app.seen).toEqual([])
  })

  it('header-29: JSON in another charset is refused', async () => {
    const app = await serve([jsonBody(signInBody)])
    const utf16 = Buffer.from(SIGN_IN, 'utf16le')
    expect(
      await post(app, utf16, { 'content-type': 'application/json; charset=utf-16' }),
    ).toMatchObject(refused(415, 'media_type', 'Only UTF-8 JSON is accepted.'))
    for (const charset of ['iso-8859-1', '"utf-16"', 'utf-7']) {
      const answer = await post(app, SIGN_IN, {
        'content-type': `application/json;charset=${charset}`,
      })
      expect(answer.status).toBe(415)
    }
    const two = await post(app, SIGN_IN, {
      'content-type': 'application/json; charset=utf-8; charset=utf-16',
    })
    expect(two.status).toBe(415)
    for (const type of [
      'application/json; charset=utf-8',
      'application/json;charset="UTF-8"',
      'Application/JSON',
    ]) {
      expect((await post(app, SIGN_IN, { 'content-type': type })).status).toBe(200)
    }
  })

  it('header-30: a small body that inflates beyond the limit is refused', async () => {
    const app = await serve([jsonBody(signInBody)])
    const bomb = gzipSync(Buffer.alloc(50 * 1_048_576, ' '))
    expect(bomb.length).toBeLessThan(60_000)
    for (const [coding, body] of [
      ['gzip', bomb],
      ['deflate', deflateSync(Buffer.alloc(5 * 1_048_576, ' '))],
      ['br', brotliCompressSync(Buffer.alloc(5 * 1_048_576, ' '))],
    ] as const) {
      const headers = { 'content-type': 'application/json', 'content-encoding': coding }
      expect(await post(app, body, headers)).toMatchObject(
        refused(413, 'body_too_large', 'The request body is larger than 16 KB.'),
      )
    }
    expect(app.seen).toEqual([])
  })

  it('takes compressed bodies, and refuses damaged ones and unknown codings', async () => {
    const app = await serve([jsonBody(signInBody)])
    const send = (coding: string, body: Uint8Array) =>
      post(app, body, { 'content-type': 'application/json', 'content-encoding': coding })
    expect((await send('gzip', gzipSync(SIGN_IN))).status).toBe(200)
    expect((await send('br', brotliCompressSync(SIGN_IN))).status).toBe(200)
    expect((await send('identity', Buffer.from(SIGN_IN))).status).toBe(200)
    for (const broken of [Buffer.from('nonsense'), gzipSync(SIGN_IN).subarray(0, 20)]) {
      expect(await send('gzip', broken)).toMatchObject(
        malformed('The compression of the request body is damaged.'),
      )
    }
    expect((await send('gzip, gzip', Buffer.from(SIGN_IN))).status).toBe(415)
    expect((await send('compress', Buffer.from(SIGN_IN))).status).toBe(415)
  })

  it('survives a client that goes away in the middle', async () => {
    const app = await serve([jsonBody(signInBody)])
    const head =
      'POST / HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{"us'
    await raw(app, head, 20)
    await raw(app, head.replace('json\r\n', 'json\r\nContent-Encoding: gzip\r\n'), 20)
    expect((await post(app, SIGN_IN)).status).toBe(200)
  })
})

describe('form bodies', () => {
  const FORM = { 'content-type': 'application/x-www-form-urlencoded' }
  const schema = fields({
    username: text(),
    email: shortText(64).optional(),
    remember: flag().optional(),
    returnTo: text().optional(),
  })

  it('take each field once, as UTF-8', async () => {
    const app = await serve([jsonOrForm(schema)])
    const body = 'username=Ada+L%C3%B6velace&email=&remember=on&_csrf=abc&returnTo=%2Fa%3Fb%3Dc'
    expect((await post(app, body, FORM)).body['body']).toEqual({
      username: 'Ada Lövelace',
      remember: true,
      returnTo: '/a?b=c',
      _csrf: 'abc',
    })
    const twice = malformed('The field username is given twice.')
    expect(await post(app, 'username=a&username=b', FORM)).toMatchObject(twice)
    expect(await post(app, 'username=a&%75sername=b', FORM)).toMatchObject(twice)
  })

  it('refuse what is broken, unknown, too large or too much', async () => {
    const app = await serve([formBody(schema)])
    const broken = malformed('The request body is not a valid form.')
    for (const body of [
      'username=%zz',
      'username=%ff',
      'username=%',
      Buffer.from('username=\xff', 'latin1'),
    ]) {
      expect(await post(app, body, FORM)).toMatchObject(broken)
    }
    const many = Array.from({ length: 101 }, (_, index) => `f${String(index)}=`).join('&')
    expect(await post(app, many, FORM)).toMatchObject(broken)
    for (const name of ['username[]', 'username[$ne]', 'role', '__proto__', 'constructor']) {
      expect(await post(app, `username=a&${name}=b`, FORM)).toMatchObject(
        refused(400, 'field_unknown', `Unknown field ${name}.`),
      )
    }
    expect((await post(app, `username=${'x'.repeat(16_384)}`, FORM)).status).toBe(413)
    expect(await post(app, SIGN_IN)).toMatchObject(
      refused(415, 'media_type', 'Send application/x-www-form-urlencoded.'),
    )
    expect(
      await post(app, 'username=a', { 'content-type': `${FORM['content-type']}; charset=latin1` }),
    ).toMatchObject(refused(415, 'media_type', 'Only UTF-8 forms are accepted.'))
    expect(await post(app, 'remember=on', FORM)).toMatchObject(
      invalid('username must be a string.'),
    )
  })

  it('leave an empty field that is required to its own rule', async () => {
    const app = await serve([jsonOrForm(signInBody)])
    expect(await post(app, 'username=&password=x', FORM)).toMatchObject(
      invalid('username must be a string.'),
    )
  })
})

describe('a body that may be left out', () => {
  it('counts as one without fields', async () => {
    const app = await serve([optionalBody()])
    const send = async (init: RequestInit) =>
      (await fetch(app.url, { method: 'POST', ...init })).status
    expect(await send({})).toBe(200)
    expect(await send({ headers: { 'content-type': 'application/json' } })).toBe(200)
    expect(await send({ headers: { 'content-type': 'application/json' }, body: '{}' })).toBe(200)
    expect(await send({ headers: { 'content-type': 'text/plain' }, body: 'x' })).toBe(415)
    expect(
      await send({ headers: { 'content-type': 'application/json' }, body: '{"all":true}' }),
    ).toBe(400)
    expect(
      (await post(app, '_csrf=x', { 'content-type': 'application/x-www-form-urlencoded' })).body[
        'body'
      ],
    ).toEqual({ _csrf: 'x' })
  })
})
