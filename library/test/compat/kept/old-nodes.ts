/** Old nodes: express-session 1.19 on records that both sides share. */
import express from 'express'
import original from 'express-session'
import type { StoredSession } from '../../../src/compat/express-session/contract.js'
import type { LegacyRecords } from '../../../src/compat/kept/index.js'
import { listen, type RunningServer } from '../../support/web.js'
import { SECRET, type Deed } from './app.js'

interface OldRecord {
  text: string
  until: number
}

/** Records as Redis has them, in memory, with a hand on what fails. */
export class OldRecords implements LegacyRecords {
  readonly records = new Map<string, OldRecord>()
  readonly failing = new Set<'read' | 'write' | 'touch' | 'remove'>()
  /** Runs before a read is answered. */
  beforeRead: (() => Promise<void>) | undefined
  readonly #now: () => number

  constructor(now: () => number) {
    this.#now = now
  }

  at(sid: string): OldRecord | undefined {
    const record = this.records.get(sid)
    return record !== undefined && record.until > this.#now() ? record : undefined
  }

  put(sid: string, text: string, ttl: number): void {
    this.records.set(sid, { text, until: this.#now() + ttl })
  }

  async read(sid: string): ReturnType<LegacyRecords['read']> {
    this.#try('read')
    await this.beforeRead?.()
    const text = this.at(sid)?.text
    if (text === undefined) return { status: 'missing' }
    try {
      return { status: 'found', session: JSON.parse(text) as StoredSession }
    } catch {
      return { status: 'undecodable' }
    }
  }

  async write(
    sid: string,
    session: StoredSession,
    { ttl, mustExist }: Parameters<LegacyRecords['write']>[2],
  ): Promise<boolean> {
    this.#try('write')
    if (mustExist && this.at(sid) === undefined) return false
    this.put(sid, JSON.stringify(session), ttl)
    return true
  }

  async touch(sid: string, ttl: number): Promise<boolean> {
    this.#try('touch')
    const record = this.at(sid)
    if (record !== undefined) record.until = this.#now() + ttl
    return record !== undefined
  }

  async remove(sid: string): Promise<void> {
    this.#try('remove')
    this.records.delete(sid)
  }

  #try(verb: 'read' | 'write' | 'touch' | 'remove'): void {
    if (this.failing.has(verb)) throw new Error(`${verb} fails`)
  }
}

/** A store of the old nodes over the same records, as connect-redis does it. */
export class OldStore extends original.Store {
  readonly #records: OldRecords
  readonly #ttl: number

  constructor(records: OldRecords, ttl = 86_400_000) {
    super()
    this.#records = records
    this.#ttl = ttl
  }

  get = (sid: string, callback: (error: unknown, session?: any) => void): void => {
    const text = this.#records.at(sid)?.text
    try {
      callback(null, text === undefined ? null : JSON.parse(text))
    } catch (error) {
      callback(error)
    }
  }

  set = (sid: string, session: object, callback?: (error?: unknown) => void): void => {
    this.#records.put(sid, JSON.stringify(session), this.#ttl)
    callback?.()
  }

  override touch = (sid: string, _session: object, callback?: () => void): void => {
    void this.#records.touch(sid, this.#ttl).then(() => callback?.())
  }

  destroy = (sid: string, callback?: (error?: unknown) => void): void => {
    this.#records.records.delete(sid)
    callback?.()
  }
}

export interface OldNode {
  readonly server: RunningServer
  visit(
    client: import('../../support/web.js').WebClient,
    deed: Deed,
  ): ReturnType<import('../../support/web.js').WebClient['get']>
}

/** A server of before. */
export function startOldNode(
  store: InstanceType<typeof original.Store>,
  more: Partial<Parameters<typeof original>[0]> = {},
): Promise<OldNode> {
  return startNode(original, store, more)
}

/** A server with any session module. */
export async function startNode(
  session: typeof original,
  store: InstanceType<typeof original.Store>,
  more: Partial<Parameters<typeof original>[0]> = {},
): Promise<OldNode> {
  const deeds = new Map<string, Deed>()
  const app = express()
  app.use(session({ secret: SECRET, resave: false, saveUninitialized: false, store, ...more }))
  app.use(async (request, response, next) => {
    try {
      const answer = await deeds.get(String(request.headers['x-deed']))?.(request, response)
      if (!response.headersSent) response.json(answer ?? null)
    } catch (error) {
      next(error)
    }
  })
  const server = await listen(app)
  let count = 0
  return {
    server,
    async visit(client, deed) {
      const name = String((count += 1))
      deeds.set(name, deed)
      const answer = await client.get('/', { headers: { 'x-deed': name } })
      deeds.delete(name)
      return answer
    },
  }
}

/** What express-session's own methods say, as promises. */
export function promised(call: (done: (error?: unknown) => void) => unknown): Promise<void> {
  return new Promise((resolve, reject) => {
    call((error) => {
      if (error) reject(error instanceof Error ? error : new Error('no error'))
      else resolve()
    })
  })
}
