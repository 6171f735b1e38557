/** What a client is told of one policy. */
export interface LimitState {
  readonly name: string
  readonly quota: number
  /** Milliseconds. */
  readonly window: number
  readonly remaining: number
  /** Milliseconds until it is worth trying again, or until the allowance is full. */
  readonly resetAfter: number
  readonly partition: Buffer
}

/** The two headers of draft-ietf-httpapi-ratelimit-headers-10, by name. */
export type LimitFields = Readonly<Record<'RateLimit-Policy' | 'RateLimit', string>>

/**
 * Writes the fields: lists of strings with parameters (RFC 9651). `q` the quota, `w` the window in seconds, `pk` the
 * partition; `r` what remains, `t` the seconds until there is more. Names need no escaping: {@link LimitPolicy} sees to it.
 */
export function limitFields(states: readonly LimitState[]): LimitFields {
  const policies = states.map(
    ({ name, quota, window, partition }) =>
      `"${name}";q=${String(quota)};w=${seconds(window)};pk=${bytes(partition)}`,
  )
  const limits = states.map(
    ({ name, remaining, resetAfter, partition }) =>
      `"${name}";r=${String(remaining)};t=${seconds(resetAfter)};pk=${bytes(partition)}`,
  )
  return { 'RateLimit-Policy': policies.join(', '), RateLimit: limits.join(', ') }
}

/** Adds to what another limiter said of the same request. Of two members of the same name and partition the first counts. */
export function mergeField(before: string | undefined, added: string): string {
  if (before === undefined || before === '') return added
  if (added === '') return before
  const known = new Set(before.split(', ').map(identityOf))
  const more = added.split(', ').filter((member) => !known.has(identityOf(member)))
  return [before, ...more].join(', ')
}

function identityOf(member: string): string {
  const [name = ''] = member.split(';', 1)
  return `${name} ${/;\s*pk=(:[^:]*:)/.exec(member)?.[1] ?? ''}`
}

/** Whole seconds, rounded up: nobody comes back too early. */
function seconds(milliseconds: number): string {
  return String(Math.ceil(milliseconds / 1_000))
}

function bytes(partition: Buffer): string {
  return `:${partition.toString('base64')}:`
}
