/**
 * The types of express-session, which its users have extended (`declare module 'express-session'`), with what is new
 * here. They come from `@types/express-session`, an optional peer: only TypeScript needs it.
 */
import type { RegenerateOptions } from './contract.js'

declare module 'express-session' {
  interface Session {
    /** Resolves when the session is durable. */
    save(): Promise<void>
    /** Resolves when `req.session` is what the store knows. */
    reload(): Promise<void>
    /** Resolves when every credential of the session is dead. */
    destroy(): Promise<void>
    /** Resolves when `req.session` is a new session, with what `keep` lets move on. */
    regenerate(options?: RegenerateOptions): Promise<void>
    regenerate(options: RegenerateOptions, callback: (error: unknown) => void): this
    /**
     * Signs somebody in under a new id, with everything the session held unless `keep` says otherwise. On stores of
     * sojourn the session can be listed and ended by its subject from now on.
     */
    login(subject: string, options?: RegenerateOptions): Promise<void>
  }
}

export type { RegenerateOptions } from './contract.js'
