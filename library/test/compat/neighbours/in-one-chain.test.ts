import { gunzipSync } from 'node:zlib'
import { request } from 'node:http'
import { afterEach, describe, expect, it } from 'vitest'
import type { RequestHandler } from 'express'
import { listen, WebClient, type RunningServer } from '../../support/web.js'
import { EXPRESSES, load, SECRET, sessionMiddleware, SUBJECTS } from './modules.js'

const MATRIX = SUBJECTS.flatMap((subject) =>
  EXPRESSES.map(({ name, express }) => ({ title: `${subject.name}, ${name}`, subject, express })),
)
type Row = (typeof MATRIX)[number]

const running: RunningServer[] = []
afterEach(async () => {
  await Promise.all(running.splice(0).map((server) => server.close()))
})

interface Chain {
  readonly before?: readonly RequestHandler[]
  readonly after?: readonly RequestHandler[]
  readonly options?: Parameters<typeof sessionMiddleware>[1]
}

async function start({ subject, express }: Row, { before = [], after = [], options }: Chain) {
  const app = express()
  app.use(...before, sessionMiddleware(subject, options), ...after, express.json())
  app.get('/count', (req: any, res) => {
    req.session.views = Number(req.session.views ?? 0) + 1
    res.json({ views: req.session.views, padding: 'x'.repeat(2000) })
  })
  app.get('/read', (req: any, res) => {
    res.json({ views: req.session.views ?? null, mine: req.cookies?.mine ?? null })
  })
  app.get('/stream', (req: any, res) => {
    req.session.views = 100
    res.type('text/plain')
    res.write('x'.repeat(5000))
    res.write('y'.repeat(5000))
    res.end('z')
  })
  const server = await listen(app)
  running.push(server)
  return { server, client: new WebClient(server) }
}

const views = async (client: WebClient): Promise<unknown> =>
  (JSON.parse((await client.get('/read')).body) as { views: unknown }).views

/** The answer as it came over the wire. */
function rawGet(port: number, path: string, headers: Record<string, string>): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    request({ host: '127.0.0.1', port, path, headers }, (answer) => {
      const chunks: Buffer[] = []
      answer.on('data', (chunk: Buffer) => chunks.push(chunk))
      answer.on('end', () => resolve(Buffer.concat(chunks)))
    })
      .on('error', reject)
      .end()
  })
}

describe.each(MATRIX)('in one chain on $title', (row) => {
  it('cookie-parser with the same secret leaves the session alone, and may bring the secret', async () => {
    const cookies = load('cookie-parser')(SECRET)
    const both = await start(row, { before: [cookies] })
    await both.client.get('/count')
    both.client.jar.set('mine', '1')
    expect(JSON.parse((await both.client.get('/read')).body)).toEqual({ views: 1, mine: '1' })
    const after = await start(row, { after: [cookies] })
    await after.client.get('/count')
    expect(await views(after.client)).toBe(1)
    const only = await start(row, { before: [cookies], options: { secret: undefined as never } })
    only.client.jar.set('connect.sid', both.client.jar.get('connect.sid') ?? '')
    await only.client.get('/count')
    await only.client.get('/count')
    expect(await views(only.client)).toBe(2)
  })

  it.each(['before', 'after'] as const)(
    'compression %s the session: whole answers, a cookie, and the data is kept',
    async (place) => {
      const compression = load('compression')({ threshold: 0 }) as RequestHandler
      const { server, client } = await start(row, { [place]: [compression] })
      const zipped = { headers: { 'accept-encoding': 'gzip' } }
      const first = await client.get('/count', zipped)
      expect(first.headers['content-encoding']).toBe('gzip')
      expect(first.cookies).toHaveLength(1)
      expect(await views(client)).toBe(1)
      const headers = { 'accept-encoding': 'gzip', cookie: client.cookie }
      const counted = gunzipSync(await rawGet(server.port, '/count', headers)).toString()
      expect(JSON.parse(counted)).toEqual({ views: 2, padding: 'x'.repeat(2000) })
      const streamed = gunzipSync(await rawGet(server.port, '/stream', headers)).toString()
      expect(streamed).toBe(`${'x'.repeat(5000)}${'y'.repeat(5000)}z`)
      expect(await views(client)).toBe(100)
    },
  )

  it('helmet and the session each write their headers', async () => {
    const helmet = load('helmet')() as RequestHandler
    for (const chain of [{ before: [helmet] }, { after: [helmet] }]) {
      const { client } = await start(row, chain)
      const { headers, cookies } = await client.get('/count')
      expect(headers['content-security-policy']).toContain("default-src 'self'")
      expect(headers['x-content-type-options']).toBe('nosniff')
      expect(cookies).toHaveLength(1)
      expect(await views(client)).toBe(1)
    }
  })

  it('cors with credentials: the page of another origin may send the cookie, the preflight makes no session', async () => {
    const cors = load('cors')({ origin: 'https://app.example', credentials: true })
    const { client } = await start(row, { before: [cors] })
    const preflight = await client.send('/count', {
      method: 'OPTIONS',
      headers: { origin: 'https://app.example', 'access-control-request-method': 'GET' },
    })
    expect([preflight.status, preflight.cookies]).toEqual([204, []])
    const { headers, cookies } = await client.get('/count', {
      headers: { origin: 'https://app.example' },
    })
    expect(headers['access-control-allow-origin']).toBe('https://app.example')
    expect(headers['access-control-allow-credentials']).toBe('true')
    expect(cookies).toHaveLength(1)
    expect(await views(client)).toBe(1)
  })
})
