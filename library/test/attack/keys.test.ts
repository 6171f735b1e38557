/** Keys: one for each purpose, none that a caller can use to have something signed, and none that is not plainly one. */
import { readdirSync, readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import express from 'express'
import { describe, expect, it } from 'vitest'
import { createExpressAdapter } from '../../src/adapter/express.js'
import { deriveKey } from '../../src/credential/session-token.js'
import * as frontDoor from '../../src/index.js'
import { createStaticKeyRing } from '../../src/keys/index.js'
import { createSojourn } from '../../src/sojourn.js'
import { Browser } from '../support/browser.js'
import { scene, SECRET, TOKENS } from '../support/sojourn.js'

const SOURCES = fileURLToPath(new URL('../../src/', import.meta.url))

describe('keys', () => {
  it('CVE-2026-121802: each purpose has a key of its own, and nothing that is exported signs what a caller says', () => {
    const purposes = readdirSync(SOURCES, { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts'))
      .flatMap((name) => [
        ...readFileSync(join(SOURCES, name), 'utf8').matchAll(
          /deriveKeys?\((?:[^'()]|\([^()]*\))*'([^']+)'\)/g,
        ),
      ])
      .map(([, purpose = '']) => purpose)
    expect(purposes.length).toBeGreaterThanOrEqual(8)
    // No two places share a purpose, and no two purposes a key.
    expect([...new Set(purposes)].sort()).toEqual([...purposes].sort())
    const keys = purposes.map((purpose) => deriveKey(SECRET, purpose).toString('hex'))
    expect(new Set(keys).size).toBe(purposes.length)
    // A secret in clear signs nothing: where HMACs are made, it is of a key derived from it, or of one that is no secret of ours.
    const names = [...Object.keys(frontDoor), ...Object.keys(createSojourn({ secrets: SECRET }))]
    expect(
      names.filter((name) => /sign(?!_?in|ed|out|al)|seal|mint|hmac|encrypt/i.test(name)),
    ).toEqual([])
  })

  it('CVE-2022-23529: neither a secret nor a key is taken from an object that only behaves like one', () => {
    let isAsked = false
    const ask = (): string => {
      isAsked = true
      return SECRET
    }
    const impostors: readonly object[] = [
      { toString: ask },
      { [Symbol.toPrimitive]: ask },
      { valueOf: ask },
      new Proxy({}, { get: () => ask }),
      Object.defineProperty({}, 'toString', { get: () => ask }),
      new (class extends String {
        override toString(): string {
          return ask()
        }
      })('x'),
    ]
    for (const impostor of impostors) {
      const secret = impostor as unknown as string
      expect(() => createSojourn({ secrets: secret })).toThrow(/secret/)
      expect(() => createSojourn({ secrets: [secret] })).toThrow(/secret/)
      expect(() => createStaticKeyRing([{ algorithm: 'HS256', secret }])).toThrow(/secret/)
      expect(() => createStaticKeyRing([{ key: secret }])).toThrow(/key/)
      const refresh = { secrets: secret }
      expect(() => createSojourn({ secrets: SECRET, tokens: { ...TOKENS, refresh } })).toThrow()
    }
    expect(isAsked).toBe(false)
  })
})

describe('a token', () => {
  it('jwt-02: of 133 KB is refused before it is decoded, where a server takes heads that large', async () => {
    const { sojourn } = scene({ tokens: TOKENS })
    const web = createExpressAdapter(sojourn)
    const app = express()
    app.use(web.sessions)
    app.get('/', web.requireAuth(), (_request, response) => {
      response.send('in')
    })
    const server = createServer({ maxHeaderSize: 262_144 }, app)
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as AddressInfo
    const browser = new Browser(sojourn)
    const { accessToken } = await browser.visit(async (session) => {
      await session.signIn('alice')
      return session.issueTokens()
    })
    const [head = '', , tail = ''] = accessToken.split('.')
    const decode = Buffer.from.bind(Buffer)
    let largest = 0
    Buffer.from = ((...given: unknown[]) => {
      const [first, encoding] = given
      if (typeof first === 'string' && encoding === 'base64url') {
        largest = Math.max(largest, first.length)
      }
      return Reflect.apply(decode, Buffer, given) as Buffer
    }) as typeof Buffer.from
    try {
      for (const token of [`${head}.${'a'.repeat(133_000)}.${tail}`, 'a'.repeat(133_000)]) {
        const answer = await fetch(`http://127.0.0.1:${String(port)}/`, {
          headers: { authorization: `Bearer ${token}` },
        })
        expect(answer.status).toBe(401)
        expect(await answer.json()).toMatchObject({
          code: 'token_too_large',
          message: 'The token is larger than 8192 bytes.',
        })
      }
    } finally {
      Buffer.from = decode
      server.close()
    }
    expect(largest).toBeLessThan(10_000)
  })
})
