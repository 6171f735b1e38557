import express5 from 'express'
import { expect } from 'vitest'
import { listen, WebClient } from '../../support/web.js'
import { sessionMiddleware, type CallbackStore, type SessionModule } from './modules.js'

/** What a walk needs of a store beside the session module. */
export interface Walked {
  readonly session: SessionModule
  readonly store: CallbackStore
  /** How many sessions rest in the store: asked of the storage itself, not of the store. */
  readonly count: () => number | Promise<number>
}

/**
 * One person’s stay with any store under the middleware: nothing is kept before there is something to keep, data
 * comes back, a new id after regenerate, another middleware on the same store goes on, and destroy leaves nothing.
 */
export async function walkThrough({ session, store, count }: Walked): Promise<void> {
  const server = await listen(application(session, store))
  const second = await listen(application(session, store))
  try {
    const client = new WebClient(server)
    const silent = await client.get('/read')
    expect([JSON.parse(silent.body), silent.cookies]).toEqual([{ views: null, list: null }, []])
    expect(await count()).toBe(0)

    await client.post('/count')
    await client.post('/count')
    expect(await bodyOf(client, '/read')).toEqual({ views: 2, list: ['ä', 2, { deep: null }] })
    expect(await count()).toBe(1)

    const elsewhere = new WebClient(second)
    elsewhere.jar.set('connect.sid', client.jar.get('connect.sid') ?? '')
    expect(await bodyOf(elsewhere, '/read')).toMatchObject({ views: 2 })
    await elsewhere.post('/count')
    expect(await bodyOf(client, '/read')).toMatchObject({ views: 3 })

    await client.post('/login')
    expect(await bodyOf(client, '/read')).toEqual({ views: 100, list: null })
    expect(await bodyOf(elsewhere, '/read')).toEqual({ views: null, list: null })
    expect(await count()).toBe(1)

    elsewhere.jar.set('connect.sid', client.jar.get('connect.sid') ?? '')
    expect((await client.post('/logout')).body).toBe('gone')
    expect(await bodyOf(elsewhere, '/read')).toEqual({ views: null, list: null })
    expect(await count()).toBe(0)
  } finally {
    await Promise.all([server.close(), second.close()])
  }
}

function application(session: SessionModule, store: CallbackStore) {
  const app = express5()
  app.use(
    sessionMiddleware({ session }, { store: store as never, cookie: { maxAge: 60_000 } }),
    express5.json(),
  )
  app.get('/read', (req: any, res) => {
    res.json({ views: req.session.views ?? null, list: req.session.list ?? null })
  })
  app.post('/count', (req: any, res) => {
    req.session.views = Number(req.session.views ?? 0) + 1
    req.session.list = ['ä', 2, { deep: null }]
    res.json({})
  })
  app.post('/login', (req: any, res, next) => {
    req.session.regenerate((error: unknown) => {
      if (error) return next(error)
      req.session.views = 100
      res.json({})
    })
  })
  app.post('/logout', (req: any, res, next) => {
    req.session.destroy((error: unknown) => {
      if (error) return next(error)
      res.send('gone')
    })
  })
  return app
}

async function bodyOf(client: WebClient, path: string): Promise<unknown> {
  const { status, body } = await client.get(path)
  expect([status, body]).toEqual([200, expect.stringMatching(/^\{/)])
  return JSON.parse(body)
}

/** Promises for the callback interface. */
export function asked<T>(
  call: (callback: (error?: unknown, value?: T) => void) => void,
): Promise<T | undefined> {
  return new Promise((resolve, reject) => {
    call((error, value) => {
      if (error) reject(error instanceof Error ? error : new Error('no error', { cause: error }))
      else resolve(value)
    })
  })
}
