import { isA, type Call, type Told } from '../history.js'

/** A refresh with one token. */
export type Presentation = Call<Extract<Call['operation'], { readonly do: 'refresh' }>>

/** All presentations by token, in the order in which they were sent. */
export function presentations({ calls }: Told): ReadonlyMap<string, readonly Presentation[]> {
  const groups = new Map<string, Presentation[]>()
  for (const call of calls) {
    if (!isA(call, 'refresh')) continue
    const { token } = call.operation
    groups.set(token, [...(groups.get(token) ?? []), call])
  }
  return groups
}

/**
 * The presentations that an honest client can make: over within the grace that begins with the first one, and none of them still
 * under way when the successor is presented. Only the others may be taken for a theft.
 */
export function honestOnes(told: Told): ReadonlySet<Call> {
  const all = presentations(told)
  const honest = new Set<Call>()
  for (const calls of all.values()) {
    const begunAt = Math.min(...calls.map(({ invokedAt }) => invokedAt))
    const successors = calls.flatMap(({ result }) => result.token ?? [])
    const goneOnAt = Math.min(
      ...successors.flatMap((token) => (all.get(token) ?? []).map(({ invokedAt }) => invokedAt)),
    )
    for (const call of calls) {
      if (call.settledAt <= begunAt + told.about.grace && call.settledAt < goneOnAt) {
        honest.add(call)
      }
    }
  }
  return honest
}
