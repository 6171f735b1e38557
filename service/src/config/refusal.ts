/** What is wrong with a setting, or looks wrong. `message` is one clear line and never holds a secret. */
export interface ConfigProblem {
  readonly code: ConfigCode
  readonly message: string
}

/** Every code a setting can be refused or warned about with. Stable; see the table in `.env.example`. */
export type ConfigCode =
  | 'CONFIG_SECRET_MISSING'
  | 'CONFIG_SECRET_SAMPLE'
  | 'CONFIG_SECRET_SHORT'
  | 'CONFIG_SECRET_WEAK'
  | 'CONFIG_SECRET_WHITESPACE'
  | 'CONFIG_SECRET_REUSED'
  | 'CONFIG_SECRET_FILE'
  | 'CONFIG_DURATION'
  | 'CONFIG_RANGE'
  | 'CONFIG_PORT'
  | 'CONFIG_BOOLEAN'
  | 'CONFIG_CHOICE'
  | 'CONFIG_TEXT'
  | 'CONFIG_REDIS_URL'
  | 'CONFIG_REDIS_TLS'
  | 'CONFIG_REDIS_CONFLICT'
  | 'CONFIG_TLS_VERIFY'
  | 'CONFIG_CA'
  | 'CONFIG_HTTPS'
  | 'CONFIG_PUBLIC_URL'
  | 'CONFIG_TRUST_PROXY'
  | 'CONFIG_CORS'
  | 'CONFIG_ORIGIN'
  | 'CONFIG_COOKIE_PREFIX'
  | 'CONFIG_COOKIE_NAME'
  | 'CONFIG_COOKIE_DOMAIN'
  | 'CONFIG_SAMESITE'
  | 'CONFIG_ALG'
  | 'CONFIG_KEY'
  | 'CONFIG_CLIENT'
  | 'CONFIG_ISSUER'
  | 'CONFIG_FIELDS'
  | 'CONFIG_PREFIX'
  | 'CONFIG_DATABASE_URL'
  | 'CONFIG_DATABASE_TLS'
  | 'CONFIG_ENV'
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
