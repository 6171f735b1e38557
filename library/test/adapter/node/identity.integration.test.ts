import { afterEach, describe, expect, it } from 'vitest'
import { holdResponse } from '../../../src/adapter/node/held-response.js'
import { bareApp, bareStyles, expressApp, expressStyles, type Middleware } from './styles.js'
import { exchange, joined, listen, requestText, sleep, type Running } from './wire.js'

const running: Running[] = []

async function bytesOf(
  listener: Parameters<typeof listen>[0],
  style: { method?: string; headers?: Readonly<Record<string, string>> },
): Promise<string> {
  const server = await listen(listener)
  running.push(server)
  return joined(await exchange(server.port, requestText(style.method ?? 'GET', '/', style.headers)))
}

afterEach(async () => {
  await Promise.all(running.splice(0).map((server) => server.close()))
})

const holds: readonly (readonly [string, () => Promise<void> | undefined])[] = [
  ['nothing to settle', () => undefined],
  ['settled in the same tick', () => Promise.resolve()],
  ['settled after 20 ms', () => sleep(20)],
]

const holding =
  (settle: () => Promise<void> | undefined): Middleware =>
  (_request, response, next) => {
    holdResponse(response, settle)
    next()
  }

describe.each(holds)(
  'a held response leaves byte for byte as without holding: %s',
  (_n, settle) => {
    it.each(bareStyles.map((style) => [style.name, style] as const))(
      'bare http: %s',
      async (_name, style) => {
        const without = await bytesOf(bareApp(undefined, style.answer), style)
        expect(without).toMatch(/^HTTP\/1\.1 [1-5]\d\d /)
        expect(await bytesOf(bareApp(holding(settle), style.answer), style)).toBe(without)
      },
    )

    describe.each(['express4', 'express5'] as const)('%s', (family) => {
      it.each(expressStyles.map((style) => [style.name, style] as const))(
        '%s',
        async (_name, style) => {
          const without = await bytesOf(expressApp(family, undefined, style.answer), style)
          expect(without).toMatch(/^HTTP\/1\.1 [2-5]\d\d /)
          const held = expressApp(family, holding(settle), style.answer)
          expect(await bytesOf(held, style)).toBe(without)
        },
      )

      it.each(['before', 'after'] as const)('compression mounted %s', async (side) => {
        const style = { headers: { 'Accept-Encoding': 'gzip' } }
        const answer = (
          _request: unknown,
          response: { type(t: string): { send(b: string): void } },
        ) => {
          response.type('text').send('text '.repeat(40_000))
        }
        const without = await bytesOf(expressApp(family, undefined, answer, side), style)
        expect(without).toContain('Content-Encoding: gzip')
        expect(await bytesOf(expressApp(family, holding(settle), answer, side), style)).toBe(
          without,
        )
      })
    })
  },
)
