import { allBuckets } from '../../bucket.js'
import { slotOf, SLOTS } from './slot.js'

/** Slots that belong together. */
interface Range {
  readonly first: number
  readonly last: number
}

/** A slot on its way from or to another node. */
interface Move {
  readonly slot: number
  readonly other: string
}

/** The primaries of a cluster as one of them sees them. */
export interface View {
  /** Who sees it: a node id. */
  readonly me: string
  readonly owners: ReadonlyMap<string, readonly Range[]>
  /** Of its own slots. */
  readonly moves: readonly Move[]
}

/** Reads what scripts/listen.ts answers. */
export function toView(text: string): View {
  let me = ''
  const owners = new Map<string, readonly Range[]>()
  const moves: Move[] = []
  for (const line of text.split('\n')) {
    const [id = '', whose, ...slots] = line.trim().split(' ')
    if (whose === 'me') me = id
    owners.set(id, slots.flatMap(toRange))
    for (const move of slots) moves.push(...toMove(move))
  }
  return { me, owners, moves }
}

function toRange(words: string): Range[] {
  const [, first, last = first] = /^(\d+)(?:-(\d+))?$/.exec(words) ?? []
  return first === undefined ? [] : [{ first: Number(first), last: Number(last) }]
}

function toMove(words: string): Move[] {
  const [, slot, other] = /^\[(\d+)-[<>]-(\w+)\]$/.exec(words) ?? []
  return slot === undefined || other === undefined ? [] : [{ slot: Number(slot), other }]
}

/** The slots in which keys of this store can be, each with a bucket that leads there. */
export function slotsOf(home: string): ReadonlyMap<number, string> {
  // A prefix with braces of its own: then those say where everything is.
  return new Map(allBuckets().map((bucket) => [slotOf(`${home}w{${bucket}}`), bucket]))
}

/** What the views of several primaries say together. */
export interface Judgement {
  /** Every primary that anybody says serves our slots has given its view, and together they serve all of those. */
  readonly isWhole: boolean
  /** Who serves our slots, as anybody says, each with buckets that lead there. */
  readonly asks: ReadonlyMap<string, readonly string[]>
  /** The ids of those, as one text. */
  readonly owners: string
  /** Who serves a slot: the place of its view. */
  placeOf(slot: number): number | undefined
}

/**
 * A node knows best what it serves itself; of others it knows what it was told. So each slot of ours has to be
 * claimed by a primary that was asked, nobody may name a primary that was not, and a slot on its way has to be on
 * its way to one that was.
 */
export function judge(views: readonly View[], ours: ReadonlyMap<number, string>): Judgement {
  const asked = new Set(views.map(({ me }) => me))
  const servedBy = new Int16Array(SLOTS).fill(-1)
  const asks = new Map<string, string[]>()
  for (const [place, { me, owners }] of views.entries()) {
    for (const [id, ranges] of owners) {
      for (const slot of slotsIn(ranges, ours)) {
        if (id === me) servedBy[slot] = place
        // What a node says of itself is where to ask it; what others say of it, only while it has not spoken.
        if (id === me || !asked.has(id)) add(asks, id, ours.get(slot))
      }
    }
  }
  const isServed = [...ours.keys()].every((slot) => (servedBy[slot] ?? -1) >= 0)
  const isMet = views.every(({ moves }) =>
    moves.every(({ slot, other }) => !ours.has(slot) || asked.has(other)),
  )
  const ids = [...asks.keys()]
  return {
    isWhole: isServed && isMet && ids.every((id) => asked.has(id)),
    asks,
    owners: ids.sort().join(' '),
    placeOf: (slot) => ((servedBy[slot] ?? -1) < 0 ? undefined : servedBy[slot]),
  }
}

function* slotsIn(ranges: readonly Range[], ours: ReadonlyMap<number, string>): Iterable<number> {
  for (const { first, last } of ranges) {
    for (let slot = first; slot <= last; slot += 1) if (ours.has(slot)) yield slot
  }
}

function add(asks: Map<string, string[]>, id: string, bucket: string | undefined): void {
  if (bucket === undefined) return
  const known = asks.get(id)
  if (known === undefined) asks.set(id, [bucket])
  else known.push(bucket)
}
