import express, { type Express } from 'express'
import { rateLimit, type Options } from 'express-rate-limit'
import {
  SojournRateLimitStore,
  type RateLimitStoreOptions,
} from '../../../src/compat/express-rate-limit/index.js'

/** What express-rate-limit had to say: its validations, and faults of the store. */
export interface Said {
  readonly log: string[]
}

/** An application behind the real express-rate-limit, with our store in it. `?status=` is what it answers. */
export function limited(
  store: RateLimitStoreOptions,
  options: Partial<Options> = {},
): { app: Express; store: SojournRateLimitStore } & Said {
  const log: string[] = []
  const note = (error: unknown): void => {
    log.push(String(error))
  }
  const ours = new SojournRateLimitStore(store)
  const app = express()
  app.set('trust proxy', 'loopback')
  app.set('env', 'test')
  app.use(
    rateLimit({
      windowMs: 60_000,
      limit: 3,
      standardHeaders: 'draft-8',
      store: ours,
      logger: { error: note, warn: note },
      ...options,
    }),
  )
  app.use((req, res) => {
    res.status(Number(req.query['status'] ?? 200)).json({})
  })
  return { app, store: ours, log }
}
