import { createServer, type Server } from 'node:http'
import { createServer as createTlsServer, type Server as TlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import express, { type Express } from 'express'
import { createExpressServer, expressClasses } from 'sojourn/express'
import type { HttpsConfig } from './config/config.js'
import { createMetricsHandler } from './metrics/index.js'
import type { Parts } from './parts.js'
import { answerRaw } from './raw-answers.js'
import { HANDSHAKE_WITHIN, logTlsFailures, reloadOnChange, tlsOptions } from './tls.js'

/** A listening service. */
export interface Listening {
  /** The public server, and the one for metrics where that has a port of its own. */
  readonly servers: readonly Server[]
  readonly url: string
}

/** A request has to arrive within this, head and body together (slow clients get 408). */
const REQUEST_WITHIN = 15_000
const LIMITS = { requestTimeout: REQUEST_WITHIN, headersTimeout: REQUEST_WITHIN }

/** Listens where the configuration says. Rejects with words where the port is taken or not allowed. */
export async function listen(app: Express, parts: Parts): Promise<Listening> {
  const { config } = parts
  const { https, port, host } = config.server
  const server =
    https === undefined ? createExpressServer(app, LIMITS) : createSecureServer(app, parts, https)
  answerRaw(server, config.server)
  await open(server, port, host)
  const servers = [server as Server]
  const { metricsPort } = config.operation
  if (metricsPort !== undefined) {
    const metricsServer = createServer(LIMITS, metricsApp(parts))
    await open(metricsServer, metricsPort, host)
    servers.push(metricsServer)
  }
  const scheme = https === undefined ? 'http' : 'https'
  const bound = (server.address() as AddressInfo).port
  return { servers, url: `${scheme}://${shownHost(host)}:${String(bound)}` }
}

function createSecureServer(app: Express, { log }: Parts, https: HttpsConfig): TlsServer {
  const options = tlsOptions(https.certificate, https.key.reveal())
  const limits = { ...LIMITS, handshakeTimeout: HANDSHAKE_WITHIN }
  const server = createTlsServer({ ...limits, ...options, ...expressClasses(app) }, app)
  reloadOnChange(server, https, log)
  logTlsFailures(server, log)
  return server
}

/** What to type into a browser on this machine. */
function shownHost(host: string | undefined): string {
  const isHere = host === undefined || /^(?:127\.0\.0\.1|0\.0\.0\.0|::1?)$/.test(host)
  if (isHere) return 'localhost'
  return host.includes(':') ? `[${host}]` : host
}

function metricsApp({ metrics, config }: Parts): Express {
  const app = express()
  app.disable('x-powered-by')
  const access = {
    token: config.operation.metricsToken,
    isProduction: config.mode === 'production',
    isOwnPort: true,
  }
  app.get('/metrics', createMetricsHandler(metrics, access))
  return app
}

async function open(server: Server, port: number, host: string | undefined): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      reject(new Error(explain(error, port), { cause: error }))
    })
    server.listen(port, host, resolve)
  })
}

function explain(error: NodeJS.ErrnoException, port: number): string {
  const at = `port ${String(port)}`
  if (error.code === 'EADDRINUSE')
    return `${at} is taken. Stop what uses it, or set PORT to another one.`
  if (error.code === 'EACCES') return `${at} needs more rights. Set PORT to 1024 or more.`
  return `cannot listen on ${at}: ${error.message}`
}
