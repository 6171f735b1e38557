import type { Tracer } from '@opentelemetry/api'
import type { Store } from '../../store/store.js'
import { STORE_VERBS } from '../vocabulary.js'
import { CLIENT, inSpan, type SpanFacts } from './span.js'

const VERBS: ReadonlySet<string> = new Set(STORE_VERBS)

/**
 * A store each of whose verbs is a span: `createSojourn({ store: traceStore(store, tracer) })`. It stands behind the near
 * cache and the circuit breaker, so only what reaches the storage has one.
 */
export function traceStore(store: Store, tracer: Tracer): Store {
  const { counters } = store
  const traced = counters && trace(counters, store.name, tracer)
  return trace(store, store.name, tracer, traced === undefined ? {} : { counters: traced })
}

type Verb = (...given: readonly unknown[]) => Promise<unknown>

/**
 * A proxy, so that a verb that is added later is seen too. What is no verb is passed on, tied to its own object: a store
 * may be of a class with private fields.
 */
function trace<Part extends object>(
  part: Part,
  storeName: string,
  tracer: Tracer,
  instead: Partial<Part> = {},
): Part {
  const wrapped = new Map<string | symbol, unknown>()
  const wrap = (name: string | symbol, value: unknown): unknown => {
    if (typeof value !== 'function') return value
    const call = value.bind(part) as Verb
    if (typeof name === 'symbol' || !VERBS.has(name)) return call
    const facts: SpanFacts = {
      kind: CLIENT,
      attributes: { 'db.system.name': storeName, 'db.operation.name': name },
    }
    const verb: Verb = (...given) =>
      inSpan(tracer, `sojourn.store.${name}`, facts, () => call(...given))
    return verb
  }
  return new Proxy(part, {
    get(target, name) {
      if (Object.hasOwn(instead, name)) return Reflect.get(instead, name)
      // Whoever gave the store may wrap a verb of it later.
      const value: unknown = Reflect.get(target, name, target)
      const known = wrapped.get(name) as { readonly of: unknown; readonly as: unknown } | undefined
      if (known?.of === value && known !== undefined) return known.as
      const made = wrap(name, value)
      wrapped.set(name, { of: value, as: made })
      return made
    },
  })
}
