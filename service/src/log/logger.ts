import {
  pino,
  stdTimeFunctions,
  type Bindings,
  type ChildLoggerOptions,
  type DestinationStream,
  type Level,
  type Logger,
} from 'pino'
import { redact, redactText } from './redact.js'
import { standardOutput } from './standard-output.js'

/** What a log is made of. */
export interface LoggerOptions {
  /** The least severity that is written. Default `info`. */
  readonly level?: Level | 'silent'
  /** Where lines go. Default: standard output, which nobody ever waits for. */
  readonly destination?: DestinationStream
}

/**
 * The log: one line of JSON for each event, with `level` as a word and `time` in ISO 8601. Everything that
 * is logged, message and fields alike, passes {@link redact}.
 */
export function createLogger(options: LoggerOptions = {}): Logger {
  const log = pino(
    {
      level: options.level ?? 'info',
      base: null,
      timestamp: stdTimeFunctions.isoTime,
      formatters: {
        level: (label) => ({ level: label }),
        log: (fields) => redact(fields) as Record<string, unknown>,
      },
      // `log` above sees errors and requests first, so nothing is left for these.
      serializers: { err: (value: unknown) => value, req: (value: unknown) => value },
      hooks: {
        logMethod(input, method) {
          method.apply(this, redactInput(input) as typeof input)
        },
      },
    },
    options.destination ?? standardOutput(),
  )
  return redactChildren(log)
}

/** pino formats the bindings of the first logger only, so those of its children are redacted as they come. */
function redactChildren(log: Logger): Logger {
  const child = log.child.bind(log)
  const safe = (bindings: Bindings, options?: ChildLoggerOptions): Logger =>
    redactChildren(child(redact(bindings) as Bindings, options))
  // pino's type promises levels of the child's own, which nobody here makes.
  log.child = safe as unknown as typeof log.child
  return log
}

/** Without a message, pino would take that of the error, as it is. */
function redactInput([first, ...rest]: readonly unknown[]): readonly unknown[] {
  const error = first instanceof Error ? first : (first as { readonly err?: unknown } | null)?.err
  const words = rest.length === 0 && error instanceof Error ? [error.message] : rest
  const start = typeof first === 'string' ? redactText(first) : first
  return [start, ...words.map((word) => redact(word))]
}
