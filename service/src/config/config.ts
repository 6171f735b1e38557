import type { PolicyName } from 'sojourn/policies'
import type { SigningSecret } from './secret-reader.js'
import type { RedisNode } from './redis-readers.js'
import type { PrivacyMode } from 'sojourn'
import type { ConfigProblem } from './refusal.js'
import type { Secret } from './secret.js'

/** Which rules hold. Anything that is not `development` or `test` is `production`. */
export type Mode = 'development' | 'test' | 'production'

/** Everything the environment decides, read once at start and frozen. Durations are **seconds**. */
export interface Config {
  readonly mode: Mode
  readonly server: ServerConfig
  readonly secrets: SecretsConfig
  readonly tokens: TokensConfig
  /** `undefined`: sessions rest in the embedded store. */
  readonly redis: RedisConfig | undefined
  readonly session: SessionConfig
  readonly cookie: CookieConfig
  readonly limits: LimitsConfig
  readonly database: DatabaseConfig
  /** The folder of everything the service keeps on disk, as an absolute path. */
  readonly dataDir: string
  readonly operation: OperationConfig
  /** What is odd but no reason not to start. */
  readonly warnings: readonly ConfigProblem[]
}

export interface ServerConfig {
  /** 0: any free port. */
  readonly port: number
  /** `undefined`: every address of the machine. */
  readonly host: string | undefined
  /** The origin people see, such as `https://app.example`. */
  readonly publicUrl: string
  /** Whether people reach the service by https. */
  readonly isSecure: boolean
  /** PEM texts, where the service itself ends TLS. */
  readonly https: HttpsConfig | undefined
  /** The only hosts that may be asked for. `undefined`: nobody looks. */
  readonly allowedHosts: readonly string[] | undefined
  /** Browsers' own list of https hosts is asked for a place. */
  readonly isPreloaded: boolean
  /** Where browsers report what the policy of our pages stopped. */
  readonly reportTo: string | undefined
  /** A number of proxies, or addresses and networks. `undefined`: trust nobody. */
  readonly trustProxy: number | readonly string[] | undefined
  /** Other origins that may call with cookies. */
  readonly corsOrigins: readonly string[]
}

export interface HttpsConfig {
  readonly certificate: string
  readonly key: Secret
  /** Where both came from, and where their successors will be. */
  readonly certificateFile: string
  readonly keyFile: string
}

/** Lists, newest first. */
export interface SecretsConfig {
  readonly session: readonly Secret[]
  readonly refresh: readonly Secret[]
  /** The file of development secrets in use, and whether this start made it. `undefined` in production. */
  readonly development: { readonly file: string; readonly isNew: boolean } | undefined
}

export interface TokensConfig {
  /** Newest first: the first signs, all verify, each by its own algorithm only. */
  readonly keys: readonly SigningSecret[]
  readonly accessLifetime: number
  readonly refreshLifetime: number
  readonly refreshGrace: number
  /** 0: never. */
  readonly refreshForgive: number
  /** Who may ask the token endpoints, with all good secrets of each. */
  readonly clients: ReadonlyMap<string, readonly Secret[]>
  readonly issuer: string
  readonly audience: string
  readonly allowedFields: readonly string[]
  /** Random bytes in a session secret and a refresh token. */
  readonly secretBytes: number
  readonly isFingerprinted: boolean
  readonly isFingerprintStrict: boolean
}

export interface RedisConfig {
  readonly topology: 'single' | 'cluster' | 'sentinel'
  /** The server itself, some nodes of the cluster, or the sentinels. */
  readonly nodes: readonly RedisNode[]
  /** The name sentinels know the server by. */
  readonly masterName: string | undefined
  readonly username: string | undefined
  readonly password: Secret | undefined
  readonly database: number
  readonly isTls: boolean
  /** PEM text of the authorities to trust instead of those Node.js knows. */
  readonly ca: string | undefined
  /** What is shown to a Redis that asks who calls: PEM texts. `undefined`: nothing. */
  readonly identity: { readonly certificate: string; readonly key: Secret } | undefined
  /** How Sentinels are spoken to, which know nothing of the users of the server that they watch. */
  readonly sentinel: {
    readonly username: string | undefined
    readonly password: Secret | undefined
    readonly isTls: boolean
  }
  readonly keyPrefix: string
  /** How many replicas must have an end, and for how many **milliseconds** they are waited for. `undefined`: none. */
  readonly durability: { readonly replicas: number; readonly within: number } | undefined
  readonly isEvictionAllowed: boolean
}

export interface SessionConfig {
  /** `undefined`: none was chosen, and none is enforced. */
  readonly policy: PolicyName | undefined
  readonly idle: number
  readonly absolute: number
  /** The two limits for a person who asked to be remembered. */
  readonly remember: { readonly idle: number; readonly absolute: number }
  readonly maxPerUser: number
  /** **Milliseconds** for which the near cache may be behind; 0: there is none. */
  readonly cacheStaleness: number
}

export interface CookieConfig {
  /** `undefined`: the library makes one. */
  readonly name: string | undefined
  readonly domain: string | undefined
  readonly sameSite: 'lax' | 'strict' | 'none'
}

export interface LimitsConfig {
  readonly maxLoginAttempts: number
  /** Seconds. */
  readonly lockout: number
  /** What follows where a session is used in another way than before. */
  readonly anomaly: 'off' | 'observe' | 'step-up' | 'revoke'
  /** Sign-ins from one network; other requests are limited in proportion. `undefined`: what the mode says. */
  readonly perMinute: number | undefined
}

export type DatabaseConfig =
  | { readonly kind: 'sqlite'; readonly file: string }
  | { readonly kind: 'postgres'; readonly url: Secret }

/** What is kept in the audit trail. */
export interface AuditConfig {
  /** Seconds. */
  readonly retention: number
  readonly address: PrivacyMode
  readonly agent: PrivacyMode
}

export interface OperationConfig {
  readonly logLevel: 'fatal' | 'error' | 'warn' | 'info' | 'debug' | 'trace' | 'silent'
  readonly metricsToken: Secret | undefined
  readonly metricsPort: number | undefined
  readonly adminToken: Secret | undefined
  readonly audit: AuditConfig
  readonly otlpEndpoint: string | undefined
  /** Tells where addresses are. `undefined`: nobody knows. */
  readonly placesFile: string | undefined
}

/** Lifetimes of a person who asked to be remembered: NIST SP 800-63B-4, AAL1. Seconds. */
export const REMEMBER = { idle: 14 * 86_400, absolute: 30 * 86_400 } as const
