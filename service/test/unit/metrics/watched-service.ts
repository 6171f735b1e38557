import express from 'express'
import { Browser } from '../../../../library/test/support/browser.js'
import { listen, type RunningServer } from '../../../../library/test/support/web.js'
import { createSojourn, type Sojourn } from '../../../../library/src/sojourn.js'
import { createMemoryStore } from '../../../../library/src/store/memory.js'
import {
  createMetrics,
  observeCache,
  observeSojourn,
  observeStoreCalls,
  type Metrics,
} from '../../../../library/src/telemetry/index.js'
import { Secret } from '../../../src/config/secret.js'
import * as own from '../../../src/metrics/index.js'

/** Every series that the service exposes, over a real `Sojourn`. */
export interface Watched {
  readonly metrics: Metrics
  readonly sojourn: Sojourn<Record<string, unknown>>
  readonly countSignIn: (outcome: own.SignInOutcome) => void
  stop(): void
}

/** Wires up metrics as the service does. */
export function watch(): Watched {
  const metrics = createMetrics()
  const store = createMemoryStore()
  const sojourn = createSojourn({
    secrets: 'a test secret that is long enough: 0123456789',
    store,
    resilience: { onCall: observeStoreCalls(metrics, store.name) },
    tokens: { issuer: 'https://app.example', audience: 'https://app.example' },
  })
  observeCache(metrics, () => sojourn.cacheStats())
  observeSojourn(sojourn, metrics)
  own.observeBuild(metrics, { version: '0.0.0', store: store.name })
  own.observePasswordQueue(metrics, () => 0)
  const countSignIn = own.observeSignIns(metrics)
  own.observeRequests(metrics)
  return { metrics, sojourn, countSignIn, stop: own.observeProcess(metrics) }
}

/** An HTTP server with these series behind `token`, and routes that answer well and badly. */
export async function serve({ metrics }: Watched, token: string): Promise<RunningServer> {
  const app = express()
  app.use(own.observeRequests(metrics))
  app.get(
    '/metrics',
    own.createMetricsHandler(metrics, {
      token: new Secret(token),
      isProduction: true,
      isOwnPort: false,
    }),
  )
  app.get('/page/:name', (_request, response) => {
    response.send('a page')
  })
  app.get('/broken', (_request, response) => {
    response.sendStatus(500)
  })
  return listen(app)
}

/** A little of everything that people do. */
export async function use({ sojourn, countSignIn }: Watched, url: string): Promise<void> {
  for (const path of ['/page/one', '/page/two', '/broken', '/nowhere']) {
    await (await fetch(url + path)).arrayBuffer()
  }
  const browser = new Browser(sojourn)
  await browser.visit((session) => {
    session.set('cart', ['tea'])
  })
  await browser.visit((session) => session.signIn('alice'))
  countSignIn('ok')
  await browser.visit((session) => session.elevate())
  await browser.visit((session) => session.load(), { cookie: `${browser.cookie ?? ''}x` })
  const pair = await browser.visit((session) => session.issueTokens())
  await sojourn.tokens.refresh(pair.refreshToken)
  await sojourn.tokens.refresh('not a token')
  await browser.visit((session) => session.impersonate('carol', { reason: 'to help' }))
  await browser.visit((session) => session.stopImpersonating())
  await browser.visit((session) => session.signOut())
  await browser.visit((session) => session.signIn('bob'))
  await sojourn.revokeAll('bob')
  await sojourn.settled()
  sojourn.reportSignInFailure({ reason: 'wrong_password', address: '203.0.113.7' })
  countSignIn('failed')
}
