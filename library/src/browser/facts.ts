/** When a session ends, as the service says it: all instants are of the service's clock, in milliseconds since 1970. */
export interface Facts {
  readonly id: string
  readonly subject: string
  readonly endsAt: number
  /** Not before this instant is anybody warned: a quarter of the time from the last activity to the end is peace. */
  readonly calmUntil: number
  readonly mayExtend: boolean
  readonly serverTime: number
}

/**
 * Reads an answer of `GET /session` or an event of the stream; `undefined` for anything else.
 *
 * @param date - the answer's `Date` header, for services that do not say `serverTime`. Whole seconds.
 */
export function readFacts(body: unknown, date?: string | null): Facts | undefined {
  const { id, subject, ...at } = (body ?? {}) as Record<string, unknown>
  const serverTime = instant(at['serverTime'] ?? date)
  const idle = instant(at['idleExpiresAt'])
  const absolute = instant(at['expiresAt'])
  const endsAt = Math.min(idle ?? Infinity, absolute ?? Infinity)
  if (typeof id !== 'string' || serverTime === undefined || endsAt === Infinity) return undefined
  const seen = instant(at['lastSeenAt'])
  return {
    id,
    subject: String(subject),
    endsAt,
    calmUntil: seen === undefined ? 0 : seen + (endsAt - seen) / 4,
    mayExtend: endsAt !== absolute,
    serverTime,
  }
}

function instant(text: unknown): number | undefined {
  const at = typeof text === 'string' ? Date.parse(text) : NaN
  return Number.isNaN(at) ? undefined : at
}
