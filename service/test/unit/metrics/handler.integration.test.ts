import express from 'express'
import { afterEach, describe, expect, it } from 'vitest'
import { listen, type RunningServer } from '../../../../library/test/support/web.js'
import { createMetrics } from '../../../../library/src/telemetry/index.js'
import { Secret } from '../../../src/config/secret.js'
import { createMetricsHandler, type MetricsAccess } from '../../../src/metrics/index.js'

const TOKEN = 'MWQ5ZjQ3YmYyYjU1NGE0MzkxZjI4ZjA1Zjk'

let server: RunningServer | undefined

afterEach(async () => {
  await server?.close()
  server = undefined
})

async function serve(access: Partial<MetricsAccess>): Promise<string> {
  const metrics = createMetrics()
  metrics.counter('visits_total', 'Visits.').series({}).add(3)
  const app = express()
  app.get(
    '/metrics',
    createMetricsHandler(metrics, {
      token: undefined,
      isProduction: false,
      isOwnPort: false,
      ...access,
    }),
  )
  app.use((_request, response) => {
    response.status(404).send('the 404 of the application')
  })
  server = await listen(app)
  return `${server.url}/metrics`
}

const TEXT = '# HELP visits_total Visits.\n# TYPE visits_total counter\nvisits_total 3\n'

describe('GET /metrics', () => {
  it('answers the text with its content type, and lets nobody keep it', async () => {
    const answer = await fetch(await serve({}))
    expect(answer.status).toBe(200)
    expect(answer.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8')
    expect(answer.headers.get('cache-control')).toBe('no-store')
    expect(await answer.text()).toBe(TEXT)
  })

  it('wants the token where one is set, whatever else holds', async () => {
    for (const rest of [{}, { isProduction: true }, { isOwnPort: true }]) {
      const url = await serve({ token: new Secret(TOKEN), ...rest })
      const granted = await fetch(url, { headers: { authorization: `Bearer ${TOKEN}` } })
      expect([granted.status, await granted.text()]).toEqual([200, TEXT])
      const lower = await fetch(url, { headers: { authorization: `bearer ${TOKEN}` } })
      expect(lower.status).toBe(200)
      await server?.close()
    }
  })

  it.each([
    ['no header', undefined],
    ['another token', `Bearer ${TOKEN.slice(0, -1)}X`],
    ['the start of the token', `Bearer ${TOKEN.slice(0, -1)}`],
    ['more than the token', `Bearer ${TOKEN}X`],
    ['an empty token', 'Bearer '],
    ['another scheme', `Basic ${Buffer.from(`metrics:${TOKEN}`).toString('base64')}`],
    ['no scheme', TOKEN],
    ['a long token', `Bearer ${'x'.repeat(8_000)}`],
  ])('answers 401 to %s, and tells no number', async (_what, authorization) => {
    const url = await serve({ token: new Secret(TOKEN) })
    const answer = await fetch(url, { headers: authorization ? { authorization } : {} })
    expect(answer.status).toBe(401)
    expect(answer.headers.get('www-authenticate')).toBe('Bearer realm="metrics"')
    expect(answer.headers.get('content-type')).toMatch(/^application\/problem\+json/)
    const body = await answer.text()
    expect(JSON.parse(body)).toMatchObject({ status: 401, code: 'metrics_token_required' })
    expect(body).not.toContain('visits_total')
    expect(body).not.toContain(TOKEN)
  })

  it('is not there on the public port of a production service without a token', async () => {
    const hidden = await fetch(await serve({ isProduction: true }))
    expect([hidden.status, await hidden.text()]).toEqual([404, 'the 404 of the application'])
    await server?.close()
    const own = await fetch(await serve({ isProduction: true, isOwnPort: true }))
    expect(own.status).toBe(200)
  })

  it('ignores its query, and takes no token from it', async () => {
    const open = await serve({})
    const odd = await fetch(`${open}?name[]=process_start_time_seconds&name[]=x&verbose`)
    expect([odd.status, await odd.text()]).toEqual([200, TEXT])
    await server?.close()
    const closed = await serve({ token: new Secret(TOKEN) })
    expect((await fetch(`${closed}?access_token=${TOKEN}`)).status).toBe(401)
  })
})
