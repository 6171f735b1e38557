/** What is wrong with a setting, or looks wrong. `message` is one clear line and never holds a secret. */
export interface ConfigProblem {
  readonly code: ConfigCode
  readonly message: string
}

/** Every code a setting can be refused or warned about with. Stable; `docs/reference/errors.md` is made of it. */
export type ConfigCode =
  /** A secret that production needs is not set. */
  | 'CONFIG_SECRET_MISSING'
  /** A secret is a published sample value, which everybody knows. */
  | 'CONFIG_SECRET_SAMPLE'
  /** A secret has fewer than 32 bytes. */
  | 'CONFIG_SECRET_SHORT'
  /** A secret looks predictable. */
  | 'CONFIG_SECRET_WEAK'
  /** A secret holds blanks, quotes or line ends that a file or a shell has left around it. */
  | 'CONFIG_SECRET_WHITESPACE'
  /** One secret is used for two purposes. */
  | 'CONFIG_SECRET_REUSED'
  /** The file of development secrets cannot be used. */
  | 'CONFIG_SECRET_FILE'
  /** Not a duration, such as `15m`. */
  | 'CONFIG_DURATION'
  /** A number or a duration is out of its range, or laxer than `SESSION_POLICY` allows. */
  | 'CONFIG_RANGE'
  /** Not a port. */
  | 'CONFIG_PORT'
  /** Neither `true` nor `false`. */
  | 'CONFIG_BOOLEAN'
  /** None of the words that may stand there. */
  | 'CONFIG_CHOICE'
  /** A text is too long, has more than one line, or is not the address or host it should be. */
  | 'CONFIG_TEXT'
  /** Not an address of a Redis, a cluster or Sentinels. */
  | 'CONFIG_REDIS_URL'
  /** A remote Redis without TLS in production. */
  | 'CONFIG_REDIS_TLS'
  /** Two settings say different things of how to reach Redis. */
  | 'CONFIG_REDIS_CONFLICT'
  /** Verification of the certificate of Redis is switched off. */
  | 'CONFIG_TLS_VERIFY'
  /** The certificates in `REDIS_CA_FILE`, or the pair for Redis, cannot be used. */
  | 'CONFIG_CA'
  /** Production without https, or a certificate and key that cannot be used. */
  | 'CONFIG_HTTPS'
  /** `PUBLIC_URL` is missing in production, no origin, or plain http there. */
  | 'CONFIG_PUBLIC_URL'
  /** Not a number of proxies or their networks, or one that trusts everybody. */
  | 'CONFIG_TRUST_PROXY'
  /** `*` cannot be used with cookies. */
  | 'CONFIG_CORS'
  /** Not an origin. */
  | 'CONFIG_ORIGIN'
  /** A cookie name with the prefix `__Host-` or `__Secure-` that cannot have it here. */
  | 'CONFIG_COOKIE_PREFIX'
  /** Not a name for a cookie. */
  | 'CONFIG_COOKIE_NAME'
  /** Not a domain this service is in; or (a warning) every subdomain gets the session cookie. */
  | 'CONFIG_COOKIE_DOMAIN'
  /** `none` without https, or none of `lax`, `strict` and `none`. */
  | 'CONFIG_SAMESITE'
  /** An algorithm that is not taken, or not that of the key. */
  | 'CONFIG_ALG'
  /** A key that is too small. */
  | 'CONFIG_KEY'
  /** A client of the OAuth endpoints that is not written as `id:secret`, or named too often. */
  | 'CONFIG_CLIENT'
  /** `JWT_ISSUER` or `JWT_AUDIENCE` is empty or too long. */
  | 'CONFIG_ISSUER'
  /** A name in `JWT_ALLOWED_TOKEN_FIELDS` that cannot be one of a claim. */
  | 'CONFIG_FIELDS'
  /** A prefix with other characters than keys may have, or a database number that is none. */
  | 'CONFIG_PREFIX'
  /** Not an address of a PostgreSQL. */
  | 'CONFIG_DATABASE_URL'
  /** A remote PostgreSQL without TLS. A warning. */
  | 'CONFIG_DATABASE_TLS'
  /** `PLACES_FILE` cannot be read, or is no file in MaxMind's format. */
  | 'CONFIG_PLACES'
  /** `NODE_ENV` is not set, or an unknown word. A warning. */
  | 'CONFIG_ENV'
  /** A variable that looks like one of ours and is none: perhaps misspelt. A warning. */
  | 'CONFIG_UNKNOWN'

/** The exit code of a process that refuses its configuration: `EX_CONFIG` of BSD's sysexits. */
export const EXIT_CONFIG = 78

/** A reader's answer where the text of a variable cannot be used. */
export class Refusal implements ConfigProblem {
  readonly code: ConfigCode
  readonly message: string

  constructor(code: ConfigCode, message: string) {
    this.code = code
    this.message = message
  }
}

/** All reasons why the service does not start, at once. Its message has one line for each. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
  readonly problems: readonly ConfigProblem[]

  constructor(problems: readonly ConfigProblem[]) {
    super(problems.map((problem) => `${problem.code}: ${problem.message}`).join('\n'))
    this.problems = problems
  }
}

/** What the reading of a configuration has found so far. */
export class Findings {
  readonly refusals: ConfigProblem[] = []
  readonly warnings: ConfigProblem[] = []

  refuse(code: ConfigCode, message: string): void {
    this.refusals.push({ code, message })
  }

  warn(code: ConfigCode, message: string): void {
    this.warnings.push({ code, message })
  }
}

/** A value as it may stand in a message: short, on one line. Not for secrets. */
export function quoted(text: string): string {
  const printable = text.replace(/[^\x20-\x7e]/g, (character) => {
    const point = character.codePointAt(0) ?? 0
    return point < 0xa0 || point === 0x2028 || point === 0x2029 ? '?' : character
  })
  return printable.length > 60 ? `${printable.slice(0, 57)}...` : printable
}
