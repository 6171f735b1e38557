import { describe, expect, it } from 'vitest'
import {
  applyOutgoing,
  NOTHING_OUT,
  type HeaderTarget,
  type Outgoing,
} from '../../src/response/outgoing.js'
import { exchange, listen, requestText } from '../adapter/node/wire.js'

/** The header lines that a real server sends after `prepare` and `applyOutgoing`. */
async function linesAfter(
  prepare: (response: HeaderTarget & { appendHeader(n: string, v: string): unknown }) => void,
  ...outgoing: readonly Partial<Outgoing>[]
): Promise<string[]> {
  const server = await listen((_request, response) => {
    prepare(response)
    for (const each of outgoing) applyOutgoing(response, { ...NOTHING_OUT, ...each })
    response.end()
  })
  const received = await exchange(server.port, requestText('GET', '/'))
  await server.close()
  const own = /^(?:HTTP|Date|Connection|Content-Length)/
  return received.split('\r\n').filter((line) => line !== '' && !own.test(line))
}

describe('applyOutgoing', () => {
  it('adds nothing for NOTHING_OUT, which cannot be changed by accident', async () => {
    expect(await linesAfter(() => undefined, NOTHING_OUT)).toEqual([])
    expect(Object.isFrozen(NOTHING_OUT)).toBe(true)
  })

  it('appends cookies to those of the application, however it set them', async () => {
    const cookies = ['sid=1; Path=/', 'b=2']
    const set = (value: string | string[]) => (response: HeaderTarget) => {
      response.setHeader('set-cookie', value)
    }
    const ours = cookies.map((line) => `Set-Cookie: ${line}`)
    expect(await linesAfter(() => undefined, { cookies })).toEqual(ours)
    expect(await linesAfter(set('own=1'), { cookies })).toEqual(['Set-Cookie: own=1', ...ours])
    expect(await linesAfter(set(['own=1', 'two=2']), { cookies })).toEqual([
      'Set-Cookie: own=1',
      'Set-Cookie: two=2',
      ...ours,
    ])
    expect(
      await linesAfter((response) => response.appendHeader('Set-Cookie', 'own=1'), { cookies }),
    ).toEqual(['Set-Cookie: own=1', ...ours])
  })

  it('says a cookie once, also when applied twice', async () => {
    const cookies = ['sid=1; Path=/']
    expect(await linesAfter(() => undefined, { cookies }, { cookies })).toEqual([
      'Set-Cookie: sid=1; Path=/',
    ])
  })

  it.each([
    [undefined, 'Cookie', 'Cookie'],
    ['Accept', 'Cookie', 'Accept, Cookie'],
    ['Accept, cookie', 'Cookie', 'Accept, cookie'],
    [['Accept', 'Origin'], 'Cookie, Accept', 'Accept, Origin, Cookie'],
    ['*', 'Cookie', '*'],
    ['Accept', '*', '*'],
    ['Cookies', 'Cookie', 'Cookies, Cookie'],
  ])('Vary %j and %j make %j', async (existing, added, expected) => {
    const lines = await linesAfter(
      (response) => existing !== undefined && response.setHeader('Vary', existing),
      { headers: [['Vary', added]] },
    )
    expect(lines).toEqual([`Vary: ${expected}`])
  })

  it('sets Cache-Control only where the application has not', async () => {
    const headers = [['Cache-Control', 'no-store']] as const
    expect(await linesAfter(() => undefined, { headers })).toEqual(['Cache-Control: no-store'])
    expect(
      await linesAfter((response) => response.setHeader('cache-control', 'max-age=1'), { headers }),
    ).toEqual(['cache-control: max-age=1'])
  })

  it('sets any other header, and takes a Set-Cookie among the headers for a cookie', async () => {
    const headers = [
      ['Clear-Site-Data', '"cookies"'],
      ['Set-Cookie', 'a=1'],
    ] as const
    expect(await linesAfter(() => undefined, { cookies: ['b=2'], headers })).toEqual([
      'Set-Cookie: b=2',
      'Set-Cookie: a=1',
      'Clear-Site-Data: "cookies"',
    ])
  })
})
