import { describe, expect, it } from 'vitest'
import type { Answer } from '../../support/client.js'
import { undescribed } from '../../support/described.js'

/** An answer as the client makes it. */
function answer(
  status: number,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): Answer {
  const text = typeof body === 'string' ? body : JSON.stringify(body)
  const type = status >= 400 ? 'application/problem+json' : 'application/json; charset=utf-8'
  return {
    ...{ status, text, cookies: [], deviceCookie: undefined, milliseconds: 1 },
    headers: { 'content-type': type, ...headers },
    json: () => JSON.parse(text),
  }
}

const problem = {
  ...{ type: 'about:blank', title: 'Unauthorized', status: 401, detail: 'No session.' },
  ...{ code: 'session_missing', error: 'No session.', message: 'No session.' },
}
const CHALLENGE = { 'www-authenticate': 'Cookie realm="sojourn"' }

describe('what holds answers against the description', () => {
  it('takes answers that are described', () => {
    const fine: readonly (readonly [string, string, Answer])[] = [
      ['GET', '/health/live', answer(200, { status: 'ok' })],
      ['HEAD', '/health/live', answer(200, '')],
      ['GET', '/session?x=1', answer(401, problem, CHALLENGE)],
      ['GET', '/login', answer(200, '<p>', { 'content-type': 'text/html; charset=utf-8' })],
      ['POST', '/sessions/revoke-others', answer(401, problem, CHALLENGE)],
      ['PUT', '/session', answer(405, { ...problem, status: 405, code: 'method_not_allowed' })],
      ['GET', '/nowhere', answer(404, { ...problem, status: 404, code: 'not_found' })],
    ]
    for (const [method, path, one] of fine) expect(undescribed(method, path, one)).toBeUndefined()
  })

  it('tells of an unknown status, type, code, field or address, and of a header that is missing', () => {
    const wrong: readonly (readonly [string, string, Answer, RegExp])[] = [
      ['GET', '/health/live', answer(500, problem), /the status 500/],
      ['GET', '/health/live', answer(200, { status: 'ok', more: 1 }), /additional properties/],
      ['GET', '/health/live', answer(200, { status: 'fine' }), /status must be equal to constant/],
      ['GET', '/health/live', answer(200, 'ok', { 'content-type': 'text/plain' }), /the type text/],
      ['GET', '/session', answer(401, problem), /no header WWW-Authenticate/],
      ['GET', '/session', answer(401, { ...problem, code: 'new' }, CHALLENGE), /allowed values/],
      ['GET', '/login', answer(303, ''), /no header Location/],
      ['GET', '/nowhere', answer(200, {}), /no such operation/],
      ['PUT', '/session', answer(405, { ...problem, code: 'new' }), /the code new/],
    ]
    for (const [method, path, one, told] of wrong) {
      expect(undescribed(method, path, one)).toMatch(told)
    }
  })
})
