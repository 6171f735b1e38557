/** Real applications behind a real proxy that ends TLS: each item of express-session's issue 1044, found by name. */
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { createServer, request as ask, type RequestListener, type Server } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import express, { type Express } from 'express'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { createExpressAdapter } from 'sojourn/express'
import { createSojourn } from 'sojourn'
import session from 'sojourn/express-session'
import { examine } from '../../../src/doctor/examine.js'
import type { Finding } from '../../../src/doctor/finding.js'
import { newFolder, newSecret } from '../config/support.js'
import { shell } from '../cli/support.js'

let certificate: { readonly cert: string; readonly key: string; readonly file: string }
const servers: Server[] = []

beforeAll(() => {
  const folder = newFolder()
  const [file, key] = [join(folder, 'tls.crt'), join(folder, 'tls.key')]
  const subject = [
    '-subj',
    '/CN=localhost',
    '-days',
    '30',
    '-addext',
    'subjectAltName=DNS:localhost',
  ]
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes']
  execFileSync('openssl', ['req', '-x509', ...curve, '-keyout', key, '-out', file, ...subject], {
    stdio: 'ignore',
  })
  certificate = { cert: readFileSync(file, 'utf8'), key: readFileSync(key, 'utf8'), file }
})

afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections()
    server.close()
  }
})

afterAll(() => {
  expect(servers).toEqual([])
})

async function listen(server: Server): Promise<number> {
  servers.push(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return (server.address() as AddressInfo).port
}

interface ProxyOptions {
  readonly sendsProto?: boolean
  readonly keepsForged?: boolean
}

/** An application behind a proxy that ends TLS; and the plain http port beside it, that leads to https. */
async function deploy(
  app: RequestListener,
  { sendsProto = true, keepsForged = false }: ProxyOptions = {},
) {
  const port = await listen(createServer(app))
  const proxy = createTlsServer(certificate, (request, response) => {
    const headers: Record<string, unknown> = { ...request.headers }
    if (!keepsForged) delete headers['x-forwarded-proto']
    if (sendsProto && headers['x-forwarded-proto'] === undefined)
      headers['x-forwarded-proto'] = 'https'
    const { method, url: path } = request
    const onward = ask({ port, host: '127.0.0.1', method, path, headers } as object, (reply) => {
      response.writeHead(reply.statusCode ?? 500, reply.headers)
      reply.pipe(response)
    })
    onward.on('error', () => response.destroy())
    request.pipe(onward)
  })
  const tls = await listen(proxy)
  const plain = await listen(
    createServer((_request, response) => {
      response.writeHead(308, { Location: `https://localhost:${String(tls)}/` }).end()
    }),
  )
  return {
    url: new URL(`https://localhost:${String(tls)}/`),
    plainUrl: new URL(`http://localhost:${String(plain)}/`),
    port,
  }
}

type Place = Awaited<ReturnType<typeof deploy>>

async function findings(place: Pick<Place, 'url'> & Partial<Place>, origin?: string) {
  const found = await examine({
    environment: undefined,
    url: place.url,
    pages: [],
    origin,
    ca: certificate.cert,
    timeout: 2_000,
    now: Date.now,
    onProgress: () => undefined,
    ...(place.plainUrl === undefined ? {} : { plainUrl: place.plainUrl }),
  })
  return new Map(found.map((finding) => [finding.id.slice('address.'.length), finding]))
}

function failing(found: ReadonlyMap<string, Finding>): readonly string[] {
  return [...found].filter(([, { verdict }]) => verdict === 'fail').map(([id]) => id)
}

/** Nothing is wrong with it. */
function goodApp(): Express {
  const app = express().disable('x-powered-by')
  app.set('trust proxy', 'loopback')
  app.use((_request, response, next) => {
    response.set({
      'Content-Security-Policy': "default-src 'none'; frame-ancestors 'none'",
      'X-Content-Type-Options': 'nosniff',
      'Referrer-Policy': 'no-referrer',
      'Cross-Origin-Opener-Policy': 'same-origin',
      'Strict-Transport-Security': 'max-age=31536000; includeSubDomains',
      'Cache-Control': 'no-store',
    })
    next()
  })
  app.trace('/{*path}', (_request, response) => void response.sendStatus(405))
  return app
}

function withSession(app: Express, cookie: object): Express {
  app.use(session({ secret: newSecret(), resave: false, saveUninitialized: true, cookie }))
  app.get('/', (_request, response) => void response.send('hello'))
  return app
}

describe('behaviour 8d', () => {
  it('behaviour 8d: an application with nothing wrong passes', async () => {
    const place = await deploy(
      withSession(goodApp(), { secure: true, httpOnly: true, sameSite: 'lax' }),
    )
    const found = await findings(place)
    expect(failing(found)).toEqual([])
    expect(found.get('cookie.present')?.verdict).toBe('pass')
    expect(found.get('http')).toMatchObject({ verdict: 'pass', seen: 'plain http: 308 to https' })
    expect(found.get('tls')?.seen).toMatch(/^TLSv1\.3, certificate good for (?:29|30) days$/)
    expect(found.get('trace')?.verdict).toBe('pass')
  })

  it('behaviour 8d: trust proxy is not set: no cookie where one should be, with the reason', async () => {
    const app = goodApp()
    app.set('trust proxy', false)
    const found = await findings(await deploy(withSession(app, { secure: true, sameSite: 'lax' })))
    expect(found.get('cookie.present')).toMatchObject({
      verdict: 'warn',
      seen: expect.stringContaining('may think that the connection is plain http'),
      fix: expect.stringContaining('set trust proxy'),
    })
  })

  it('behaviour 8d: our own application says by itself what is wrong, and the doctor repeats it', async () => {
    const sojourn = createSojourn({
      secrets: newSecret(),
      cookie: { secure: true, diagnostics: true },
    })
    const web = createExpressAdapter(sojourn)
    const app = goodApp()
    app.use(web.sessions)
    app.get('/', web.optionalSession(), (request, response) => {
      web.sessionOf(request).set('views', 1)
      response.send('hello')
    })
    const found = await findings(await deploy(app))
    expect(found.get('proxy.diagnostic')).toMatchObject({
      verdict: 'fail',
      seen: expect.stringMatching(
        /x-forwarded-proto=https from 127\.0\.0\.1 ignored: trustProxy is not set/,
      ),
    })
    await sojourn.close()
  })

  it('behaviour 8d: the proxy sends no X-Forwarded-Proto: a redirect to itself for ever', async () => {
    const app = goodApp()
    app.use((request, response, next) => {
      if (request.secure) next()
      else response.redirect(`https://${request.headers.host ?? ''}${request.url}`)
    })
    const found = await findings(await deploy(app, { sendsProto: false }))
    expect(found.get('proxy.scheme')).toMatchObject({
      verdict: 'fail',
      seen: '/ redirects to itself for ever: the application sees plain http.',
    })
  })

  it.each([
    ['not Secure on https', { secure: false, sameSite: 'lax' }, 'cookie.secure'],
    ['SameSite=None without Secure', { secure: false, sameSite: 'none' }, 'cookie.samesite-none'],
    [
      'a Domain of somebody else',
      { secure: true, sameSite: 'lax', domain: 'other.example' },
      'cookie.domain',
    ],
    [
      'a Domain that is a public suffix',
      { secure: true, sameSite: 'lax', domain: 'localhost' },
      'cookie.suffix',
    ],
    [
      'a Path that leaves pages out',
      { secure: true, sameSite: 'lax', path: '/login' },
      'cookie.path',
    ],
    ['scripts can read it', { secure: true, sameSite: 'lax', httpOnly: false }, 'cookie.httponly'],
    ['SameSite is left open', { secure: true }, 'cookie.samesite'],
  ])('behaviour 8d: %s', async (_name, cookie, id) => {
    const app = goodApp()
    app.use(
      session({
        secret: newSecret(),
        resave: false,
        saveUninitialized: true,
        cookie: cookie as object,
      }),
    )
    app.get(['/', '/login'], (_request, response) => void response.send('hello'))
    const found = await findings(await deploy(app))
    expect(failing(found)).toContain(id)
    expect(found.get(id)?.fix).not.toBe('')
  })

  it('behaviour 8d: a front end on another site: SameSite, CORS and its credentials, each by name', async () => {
    const closed = await deploy(withSession(goodApp(), { secure: true, sameSite: 'lax' }))
    const shut = failing(await findings(closed, 'https://shop.example'))
    expect(shut).toEqual(['cookie.cross-site', 'cors.origin', 'cors.credentials', 'cors.preflight'])

    const app = goodApp()
    app.use((request, response, next) => {
      const isOurs = request.headers.origin === 'https://shop.example'
      if (isOurs) {
        response.set('Access-Control-Allow-Origin', request.headers.origin)
        response.set('Access-Control-Allow-Credentials', 'true')
      }
      if (request.method === 'OPTIONS') response.sendStatus(204)
      else next()
    })
    const open = await deploy(withSession(app, { secure: true, sameSite: 'none' }))
    expect(failing(await findings(open, 'https://shop.example'))).toEqual([])
  })

  it.each([
    ['echoes any origin, with credentials', (origin: string) => [origin, 'true'], 'fail'],
    ['says * with credentials', () => ['*', 'true'], 'fail'],
    ['echoes any origin, without credentials', (origin: string) => [origin, 'false'], 'warn'],
  ] as const)('behaviour 8d: CORS that %s', async (_name, answer, verdict) => {
    const app = goodApp()
    app.use((request, response, next) => {
      const [origin, credentials] = answer(request.headers.origin ?? '')
      if (origin !== '') response.set('Access-Control-Allow-Origin', origin)
      response.set('Access-Control-Allow-Credentials', credentials)
      next()
    })
    const found = await findings(await deploy(app))
    expect(found.get('cors.foreign')?.verdict).toBe(verdict)
  })

  it('behaviour 8d: plain http all the way', async () => {
    const { port } = await deploy(withSession(goodApp(), { secure: true }))
    const found = await findings({ url: new URL(`http://127.0.0.1:${String(port)}/`) })
    expect(found.get('https')?.verdict).toBe('warn')
    expect(found.get('cookie.present')?.seen).toContain('with Secure it never is')
  })

  it('open metrics, TRACE, sign-out by link, cached cookies and invented headers are found', async () => {
    const app = express()
    app.set('trust proxy', true)
    app.use((request, response, next) => {
      if (request.secure) next()
      else response.redirect('https://localhost/')
    })
    app.get(
      '/metrics',
      (_request, response) => void response.send('# HELP x y\n# TYPE x gauge\nx 1\n'),
    )
    app.get('/logout', (_request, response) => void response.clearCookie('sid').send('bye'))
    app.get(
      '/',
      (_request, response) => void response.cookie('sid', 'x', { secure: true }).send('hello'),
    )
    app.trace('/', (_request, response) => void response.send('TRACE'))
    const found = await findings(await deploy(app, { keepsForged: true }))
    expect(failing(found)).toEqual(
      expect.arrayContaining([
        ...['metrics', 'trace', 'sign-out', 'cache', 'proxy.spoofed'],
        ...['header.csp', 'header.nosniff', 'header.referrer', 'header.frames', 'header.hsts'],
      ]),
    )
    expect(found.get('header.powered')?.verdict).toBe('warn')
  })

  it('a certificate that nobody knows is named, and nothing else is asked', async () => {
    const { url } = await deploy(goodApp())
    const { call } = shell()
    const answer = await call(['doctor', url.href, '--no-config', '--json'])
    const report = JSON.parse(answer.out) as { findings: Finding[] }
    expect(answer.code).toBe(1)
    expect(report.findings).toHaveLength(1)
    expect(report.findings[0]?.seen).toContain('the certificate is signed by itself')
  })

  it('the command: exit codes, --ca, --json and the evidence in Markdown', async () => {
    const { url } = await deploy(withSession(goodApp(), { secure: true, sameSite: 'lax' }))
    const { call } = shell()
    const file = join(newFolder(), 'evidence.md')
    const base = ['doctor', url.href, '--no-config', '--ca', certificate.file]
    const answer = await call([...base, '--markdown', file])
    expect(answer).toMatchObject({ code: 0, error: '' })
    expect(readFileSync(file, 'utf8')).toContain('| address.cookie.secure | 3.3.1 | pass |')
    expect((await call(['doctor', 'ftp://x', '--no-config'])).code).toBe(2)
    expect((await call(['doctor', 'http://127.0.0.1:1', '--no-config'])).code).toBe(1)
  })
})
