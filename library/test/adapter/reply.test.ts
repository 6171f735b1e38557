import { describe, expect, it } from 'vitest'
import { toFault } from '../../src/adapter/neutral/reply.js'
import { InvalidInput } from '../../src/errors.js'
import { SessionEnded } from '../../src/session/commit.js'

describe('the answer to a fault', () => {
  it('has a challenge where it is 401 (RFC 9110 section 15.5.2), and nowhere else', () => {
    const ended = toFault(new SessionEnded())
    expect([ended.status, ended.headers]).toEqual([
      401,
      expect.arrayContaining([
        ['WWW-Authenticate', ['Cookie realm="sojourn"', 'Bearer realm="sojourn"']],
      ]),
    ])
    for (const [error, status] of [
      [new InvalidInput('name', 'The name is too long.'), 400],
      [new Error('inside'), 500],
    ] as const) {
      const answer = toFault(error)
      expect(answer.status).toBe(status)
      expect(answer.headers.map(([name]) => name)).not.toContain('WWW-Authenticate')
      expect(answer.body).not.toContain('inside')
    }
  })
})
