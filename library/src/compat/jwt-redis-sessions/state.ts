import type { EventName, Listener } from '../../session/events.js'
import type { RedisClient } from '../../store/redis/client.js'
import { applyOverrides, validateConfig } from './config.js'
import { createLink, type Link } from './connection.js'
import { createEngine, fingerprintOfConfig, type Counts, type Engine } from './engine.js'
import { AuthError, RedisError } from './errors.js'
import type { Config, ConfigOverrides, InitializeOptions } from './types.js'

/** What there is one of in an application. */
export class State {
  readonly config: Config
  readonly link: Link = createLink()
  readonly counts: Counts = { adopted: 0, undecodable: 0 }
  readonly #listeners = new Map<Listener<EventName>, EventName>()
  #isInitialized = false
  #client: RedisClient | undefined
  #engine: { readonly of: string; readonly engine: Engine } | undefined

  constructor(config: Config) {
    this.config = config
  }

  async initialize({ config, redisClient }: InitializeOptions = {}): Promise<void> {
    if (this.#isInitialized) return
    if (config !== undefined) this.configure(config)
    validateConfig(this.config)
    if (redisClient !== undefined) this.link.use(redisClient)
    this.#client = await this.link.open(this.config.redis)
    this.#isInitialized = true
  }

  async ready(): Promise<void> {
    await this.initialize()
  }

  configure(overrides: ConfigOverrides = {}): Config {
    if (this.#isInitialized) {
      throw new AuthError('Configuration cannot be changed after initialization', 500)
    }
    applyOverrides(this.config, overrides)
    return this.config
  }

  /** Whatever runs beside the answers is waited for; a connection of our own is closed. */
  async close(): Promise<void> {
    const core = this.#engine?.engine.core
    await core?.upkeep.settled()
    // What Redis has yet to end is tried once more.
    await core?.store.close()
    this.#engine = this.#client = undefined
    this.#isInitialized = false
    await this.link.close()
  }

  /** The engine for the configuration as it is now: it is an object that anybody may write to. */
  async engine(): Promise<Engine> {
    await this.initialize()
    if (this.#client === undefined) throw new RedisError('no client')
    const of = fingerprintOfConfig(this.config)
    if (this.#engine?.of !== of) {
      validateConfig(this.config)
      const before = this.#engine?.engine
      const engine = createEngine(this.config, this.#client, this.link, this.counts)
      for (const [listener, name] of this.#listeners) engine.core.events.on(name, listener)
      this.#engine = { of, engine }
      before?.core.store.close().catch(() => undefined)
    }
    return this.#engine.engine
  }

  on<Name extends EventName>(name: Name, listener: Listener<Name>): () => void {
    const heard: Listener<EventName> = (event) =>
      this.#listeners.has(heard) ? listener(event as never) : undefined
    this.#listeners.set(heard, name)
    this.#engine?.engine.core.events.on(name, heard)
    return () => {
      this.#listeners.delete(heard)
    }
  }
}
