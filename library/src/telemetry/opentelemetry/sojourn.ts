import type { Tracer } from '@opentelemetry/api'
import type { Session } from '../../session/session.js'
import type { Sojourn } from '../../sojourn.js'
import { INTERNAL, inSpan } from './span.js'

/** What is done to a session in a request. Reading it is no verb: what reaches the store has a span of its own. */
const SESSION_VERBS = [
  'signIn',
  'signOut',
  'elevate',
  'demandProof',
  'issueTokens',
  'impersonate',
  'stopImpersonating',
  'touch',
  'save',
  'update',
  'incr',
] as const satisfies readonly (keyof Session)[]

/** What is done from outside. */
const REGISTER_VERBS = [
  'list',
  'revoke',
  'revokeAll',
  'revokeEverybody',
  'disable',
  'enable',
  'patchSubject',
  'check',
] as const satisfies readonly (keyof Sojourn<object>)[]

const TOKEN_VERBS = [
  'refresh',
  'introspect',
  'revoke',
  'endings',
] as const satisfies readonly (keyof Sojourn<object>['tokens'])[]

/**
 * A `Sojourn` each of whose verbs is a span, below the one that is active: `sojourn.session.signIn`,
 * `sojourn.tokens.refresh`, `sojourn.revoke` and so on. Use what it answers in place of what it was given.
 */
export function observeSpans<Data extends object>(
  sojourn: Sojourn<Data>,
  tracer: Tracer,
): Sojourn<Data> {
  return {
    ...traced(sojourn, REGISTER_VERBS, 'sojourn', tracer),
    tokens: traced(sojourn.tokens, TOKEN_VERBS, 'sojourn.tokens', tracer),
    exchange(incoming, answer) {
      const exchange = sojourn.exchange(incoming, answer)
      Object.assign(exchange.session, verbsOf(exchange.session, SESSION_VERBS, PREFIX, tracer))
      return exchange
    },
  }
}

const PREFIX = 'sojourn.session'

function traced<Part extends object>(
  part: Part,
  names: readonly (keyof Part & string)[],
  prefix: string,
  tracer: Tracer,
): Part {
  return { ...part, ...verbsOf(part, names, prefix, tracer) }
}

type Verb = (...given: readonly unknown[]) => Promise<unknown>

function verbsOf<Part extends object>(
  part: Part,
  names: readonly (keyof Part & string)[],
  prefix: string,
  tracer: Tracer,
): Partial<Part> {
  const verbs: Record<string, Verb> = {}
  for (const name of names) {
    const call = part[name] as Verb
    verbs[name] = (...given) =>
      inSpan(tracer, `${prefix}.${name}`, FACTS, () => call.apply(part, [...given]))
  }
  return verbs as Partial<Part>
}

const FACTS = { kind: INTERNAL }
