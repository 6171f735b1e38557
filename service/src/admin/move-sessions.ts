import { setTimeout as pause } from 'node:timers/promises'
import { StoreUnavailable, type Resting, type Store, type TakeResult, type Transfer } from 'sojourn'

/** What became of the things of one kind. */
export interface Tally extends Readonly<Record<TakeResult, number>> {
  /** All that were met. */
  readonly met: number
}

/** How far a move has come. */
export interface Moved {
  readonly kinds: Readonly<Record<Resting['kind'], Tally>>
  /** Documents that differ over there; they stay as they are. */
  readonly keptDocuments: readonly string[]
  readonly unreadable: number
  /** Where to go on; `undefined`: everything was met. */
  readonly next: string | undefined
}

export interface MoveOptions {
  /** `undefined`: it is only counted. */
  readonly to: Store | undefined
  /** Where to go on. */
  readonly cursor?: string | undefined
  /** Stops after the step that is under way. */
  readonly signal?: AbortSignal
  readonly onStep?: (moved: Moved) => void
  /** A store that is away is asked again after so many milliseconds each. Default: for some four seconds. */
  readonly pauses?: readonly number[]
}

/** Things that are read, and written, in one go. */
const STEP = 200
const PAUSES = [100, 300, 1_000, 3_000]

/** In the order in which they are told of. */
export const RESTING_KINDS: readonly Resting['kind'][] = [
  'session',
  'ending',
  'subject',
  'document',
]

/** What is given where a store cannot be moved. */
export function transferOf(store: Store): Transfer {
  if (store.transfer === undefined) throw new Error(`The store ${store.name} cannot be moved.`)
  return store.transfer
}

/**
 * Moves everything that rests in one store to another; nothing is taken from the first. It can be done again: then what
 * has changed since is moved. A fault of a store throws `StoreUnavailable` after some patience; `onStep` has told how far it came.
 */
export async function moveSessions(from: Store, options: MoveOptions): Promise<Moved> {
  const source = transferOf(from)
  const target = options.to && transferOf(options.to)
  const { pauses = PAUSES } = options
  let moved: Moved = { ...nothing(), next: options.cursor }
  do {
    const cursor = moved.next
    const given = await patiently(pauses, async () => source.give({ limit: STEP, cursor }))
    const results = await Promise.all(
      given.items.map(async (item) => {
        if (target === undefined) return 'taken'
        return patiently(pauses, async () => target.take(item))
      }),
    )
    moved = added(moved, given.items, results, given)
    options.onStep?.(moved)
  } while (moved.next !== undefined && options.signal?.aborted !== true)
  return moved
}

function nothing(): Moved {
  const none = (): Tally => ({ met: 0, taken: 0, kept: 0, over: 0, misplaced: 0 })
  const kinds = { session: none(), ending: none(), subject: none(), document: none() }
  return { kinds, keptDocuments: [], unreadable: 0, next: undefined }
}

function added(
  before: Moved,
  items: readonly Resting[],
  results: readonly TakeResult[],
  { unreadable, next }: { readonly unreadable: number; readonly next: string | undefined },
): Moved {
  const kinds: Record<Resting['kind'], Record<keyof Tally, number>> = structuredClone(before.kinds)
  const keptDocuments = [...before.keptDocuments]
  for (const [at, item] of items.entries()) {
    const result = results[at] ?? 'kept'
    kinds[item.kind].met += 1
    kinds[item.kind][result] += 1
    if (item.kind === 'document' && result === 'kept') keptDocuments.push(item.name)
  }
  return { kinds, keptDocuments, unreadable: before.unreadable + unreadable, next }
}

async function patiently<Answer>(
  pauses: readonly number[],
  ask: () => Promise<Answer>,
): Promise<Answer> {
  for (const wait of pauses) {
    try {
      return await ask()
    } catch (error) {
      if (!(error instanceof StoreUnavailable)) throw error
      await pause(wait)
    }
  }
  return ask()
}

/** By how many milliseconds the clocks of two stores are apart. */
export async function clocksApart(from: Store, to: Store): Promise<number> {
  const [one, other] = await Promise.all(
    [from, to].map(async (store) => (await transferOf(store).give({ limit: 1 })).now),
  )
  return Math.abs((one ?? 0) - (other ?? 0))
}
