import express, { Router, type Express } from 'express'
import { connect } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { listen, type RunningServer } from '../../../../library/test/support/web.js'
import { growth } from '../../../../library/test/telemetry/samples.js'
import { createMetrics, type Metrics } from '../../../../library/src/telemetry/index.js'
import { observeRequests, type RequestOptions } from '../../../src/metrics/index.js'

let server: RunningServer | undefined

afterEach(async () => {
  await server?.close()
  server = undefined
})

interface Stage {
  readonly metrics: Metrics
  send(path: string, method?: string): Promise<number>
  /** What grew since the start, without the buckets. */
  grown(): Record<string, number>
}

async function stage(build: (app: Express) => void, options?: RequestOptions): Promise<Stage> {
  const metrics = createMetrics()
  const app = express()
  app.use(observeRequests(metrics, options))
  const empty = metrics.text()
  build(app)
  // Last, so that what fails is answered quietly.
  app.use(((_error, _request, response, _next) => {
    response.sendStatus(500)
  }) as express.ErrorRequestHandler)
  server = await listen(app)
  const { url } = server
  return {
    metrics,
    send: async (path, method = 'GET') => {
      const answer = await fetch(url + path, { method, redirect: 'manual' })
      await answer.arrayBuffer()
      return answer.status
    },
    grown: () =>
      Object.fromEntries(
        Object.entries(growth(empty, metrics.text())).filter(([name]) => !name.includes('_bucket')),
      ),
  }
}

const count = (method: string, route: string, status: string): string =>
  `http_requests_total{method="${method}",route="${route}",status_class="${status}"}`

function countsOf(grown: Record<string, number>): Record<string, number> {
  const entries = Object.entries(grown)
  return Object.fromEntries(entries.filter(([name]) => name.startsWith('http_requests_total')))
}

describe('observeRequests', () => {
  it('counts each request once, by method, route pattern and class of status', async () => {
    const { send, grown } = await stage((app) => {
      app.get('/sessions/:id', (request, response) => {
        response.sendStatus(request.params.id === 'none' ? 404 : 200)
      })
      app.delete('/sessions/:id', (_request, response) => {
        response.redirect(303, '/')
      })
      app.post(['/refresh', '/auth/refresh'], async (_request, response) => {
        await new Promise((resolve) => setImmediate(resolve))
        response.sendStatus(204)
      })
      app.get(/^\/asset/, (_request, response) => {
        response.sendStatus(200)
      })
      app.get('/broken', () => {
        throw new Error('broken')
      })
    })
    for (const id of ['1', '2', 'ab.cdef', 'none']) await send(`/sessions/${id}`)
    await send('/sessions/7', 'HEAD')
    await send('/sessions/7', 'DELETE')
    await send('/refresh', 'POST')
    await send('/auth/refresh', 'POST')
    await send('/assets/x.css')
    await send('/broken')
    await send('/nowhere/secret-path')
    await send('/nowhere', 'PROPFIND')
    expect(countsOf(grown())).toEqual({
      [count('GET', '/sessions/:id', '2xx')]: 3,
      [count('GET', '/sessions/:id', '4xx')]: 1,
      [count('HEAD', '/sessions/:id', '2xx')]: 1,
      [count('DELETE', '/sessions/:id', '3xx')]: 1,
      [count('POST', '/refresh|/auth/refresh', '2xx')]: 2,
      [count('GET', '/^\\\\/asset/', '2xx')]: 1,
      [count('GET', '/broken', '5xx')]: 1,
      [count('GET', 'none', '4xx')]: 1,
      [count('other', 'none', '4xx')]: 1,
    })
  })

  it('times each request by its route', async () => {
    let now = 0
    const { send, grown } = await stage(
      (app) => {
        app.get('/slow', (_request, response) => {
          now += 250
          response.sendStatus(200)
        })
      },
      { elapsed: () => now },
    )
    await send('/slow')
    await send('/slow')
    expect(grown()).toMatchObject({
      'http_request_duration_seconds_count{route="/slow"}': 2,
      'http_request_duration_seconds_sum{route="/slow"}': 0.5,
    })
  })

  it('names a mounted router only where its mount is known: a mount may hold what a client wrote', async () => {
    const people = Router().get('/sessions', (_request, response) => {
      response.sendStatus(200)
    })
    const { metrics, send, grown } = await stage(
      (app) => {
        app.use('/admin', people)
        app.use('/people/:name', people)
      },
      { mounts: ['/admin'] },
    )
    await send('/admin/sessions')
    await send('/people/alice/sessions')
    expect(countsOf(grown())).toEqual({
      [count('GET', '/admin/sessions', '2xx')]: 1,
      [count('GET', '/sessions', '2xx')]: 1,
    })
    expect(metrics.text()).not.toContain('alice')
  })

  it('counts a request whose client went away as aborted', async () => {
    let isReached = (): void => undefined
    const reached = new Promise<void>((resolve) => {
      isReached = resolve
    })
    const closed = new Promise<void>((resolve) => {
      void stage((app) => {
        app.get('/long', (_request, response) => {
          response.once('close', resolve)
          isReached()
        })
      }).then((made) => {
        current = made
        const socket = connect(Number(server?.port), '127.0.0.1')
        socket.write('GET /long HTTP/1.1\r\nHost: localhost\r\n\r\n')
        void reached.then(() => socket.destroy())
      })
    })
    let current: Stage | undefined
    await closed
    expect(countsOf(current?.grown() ?? {})).toEqual({ [count('GET', '/long', 'aborted')]: 1 })
  })

  it('stays bounded however many paths and methods are asked for', async () => {
    const { metrics, send } = await stage((app) => {
      app.get('/item/:id', (_request, response) => {
        response.sendStatus(200)
      })
    })
    for (let index = 0; index < 200; index += 1) {
      await send(`/item/${String(index)}`)
      await send(`/${String(index)}`, index % 2 === 0 ? 'GET' : 'PURGE')
    }
    const series = metrics.text().match(/^http_requests_total.*/gm)
    expect(series).toHaveLength(5 + 2)
  })
})
