import { MemoryStore } from '../../../src/store/memory.js'
import { Tables } from '../../../src/store/memory/tables.js'
import type { Pulse } from '../../../src/store/pulse.js'
import {
  STORE_DEFAULTS,
  type NewSession,
  type Rotation,
  type Store,
} from '../../../src/store/store.js'
import { createManualClock, type ManualClock } from '../../../src/testing/index.js'

export const MINUTE = 60_000

/** One node: what rests there, and the beats that it was told. */
interface Node {
  readonly store: Store
  readonly beats: Map<string, number>
  history: string | undefined
}

/** A primary and its replica. What the primary acknowledged is copied until somebody cuts the line between them. */
export interface Forgetful {
  readonly clock: ManualClock
  readonly store: Store
  /** Nothing is copied any more. */
  cut(): void
  /** The replica takes over, and the primary is gone. */
  failOver(): void
  /** An empty node takes over. */
  empty(): void
  /** The node from before `failOver` or `empty` is back. */
  restore(): void
  /** Verbs named here throw what this makes. */
  readonly faults: Map<string, () => Error>
  /** Every verb that came, in order. */
  readonly calls: string[]
}

function openNode(clock: ManualClock): Node {
  const options = { clock, routingKey: 'the same for all' }
  return {
    store: new MemoryStore(options, new Tables(STORE_DEFAULTS)),
    beats: new Map(),
    history: undefined,
  }
}

function beat(
  node: Node,
  { process, expected, history }: Parameters<NonNullable<Store['pulse']>>[1],
): Pulse {
  const found = node.history
  node.history ??= history
  const beats = node.beats.get(process) ?? 0
  const beatsNow = beats >= expected ? beats + 1 : beats
  node.beats.set(process, beatsNow)
  return { history: found, historyNow: node.history, beats, beatsNow, now: 0 }
}

export function openForgetful(): Forgetful {
  const clock = createManualClock()
  let nodes = [openNode(clock), openNode(clock)] as const
  let former = nodes[0]
  let isCut = false
  const faults: Forgetful['faults'] = new Map()
  const calls: string[] = []
  const ask = (node: Node, name: string, args: unknown[]): unknown => {
    if (name === 'pulse') return beat(node, args[1] as Parameters<typeof beat>[1])
    const verb: unknown = Reflect.get(node.store, name)
    return (verb as (...args: unknown[]) => unknown).apply(node.store, args)
  }
  const store = new Proxy({} as Store, {
    get(_, name) {
      const facts: Record<string, unknown> = { name: 'forgetful', mayForget: true }
      if (typeof name !== 'string' || name in facts) return facts[String(name)]
      if (['changes', 'counters', 'walk', 'shardOf', 'then'].includes(name)) return undefined
      if (name === 'bucketOf') return (subject?: string) => nodes[0].store.bucketOf(subject)
      if (name === 'close') return () => Promise.resolve()
      return async (...args: unknown[]) => {
        calls.push(name)
        const fault = faults.get(name)
        if (fault !== undefined) throw fault()
        if (!isCut) await ask(nodes[1], name, args)
        return ask(nodes[0], name, args)
      }
    },
  })
  return {
    clock,
    store,
    faults,
    calls,
    cut: () => void (isCut = true),
    failOver() {
      former = nodes[0]
      nodes = [nodes[1], openNode(clock)]
      isCut = true
    },
    empty() {
      former = nodes[0]
      nodes = [openNode(clock), openNode(clock)]
      isCut = true
    },
    restore() {
      nodes = [former, openNode(clock)]
      isCut = true
    },
  }
}

export function sessionOf(id: string, more: Partial<NewSession> = {}): NewSession {
  return {
    id: `AA.${id}`,
    subject: undefined,
    secretDigest: 'digest',
    idleTimeout: 60 * MINUTE,
    absoluteTimeout: 600 * MINUTE,
    traits: {},
    data: new Map(),
    ...more,
  }
}

/** A session of a subject, in the bucket of that. */
export function ownedBy(
  store: Store,
  subject: string,
  id: string,
  more: Partial<NewSession> = {},
): NewSession {
  return { ...sessionOf(id, more), subject, id: `${store.bucketOf(subject)}.${id}` }
}

export function tokenOf(generation: number, more: Partial<Rotation> = {}): Rotation {
  return {
    seedDigest: 'seed',
    generation,
    client: undefined,
    grace: 10_000,
    forgiveFor: 0,
    idleTimeout: undefined,
    isSeen: true,
    ...more,
  }
}
