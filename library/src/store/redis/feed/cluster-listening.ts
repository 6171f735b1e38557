import type { Clock } from '../../../system/clock.js'
import { bucketPart } from '../../bucket.js'
import { decode } from '../keys.js'
import { ClusterLines, type NodeLine } from './cluster-lines.js'
import { Freshness } from './freshness.js'
import type { Listener, ListeningEvents } from './listening.js'
import type { OpenSubscriber, RedisNode } from './made-line.js'
import { toMessage } from './message.js'
import { slotOf } from './slot.js'
import { judge, slotsOf, toView, type Judgement, type View } from './topology.js'
import { PROVED_WITHIN, unheard, within } from './within.js'

/** Every second heartbeat brings a proof, as with a single server. */
const PROVED_EVERY = 2
/** Questions before it is given up until the next heartbeat: each may bring up nodes that were not asked. */
const ROUNDS = 3

/** What one node said: see scripts/listen.ts. */
export interface NodeAnswer {
  readonly now: number
  /** The channel on which changes are told. */
  readonly channel: string
  /** For each channel that was asked for. */
  readonly counts: readonly number[]
  readonly view: string
}

/** Asks the node that serves a bucket, over the connections of writers. */
export type AskNode = (bucket: string, channels: readonly string[]) => Promise<NodeAnswer>

export interface ClusterListeningOptions extends ListeningEvents {
  readonly open: OpenSubscriber
  readonly listPrimaries: () => readonly RedisNode[]
  readonly askNode: AskNode
  readonly clock: Clock
  readonly heartbeat: number
}

/** An answer, when the question was sent, and which of our connections lead to that node. */
interface Placed extends NodeAnswer {
  readonly sentAt: number
  readonly lines: readonly NodeLine[]
}

interface Said {
  readonly view: View
  readonly answer: Placed
}

/**
 * Listens on a connection to each primary of a cluster. A node tells what its scripts changed to those who are connected
 * to it, in order; to those on other nodes it is passed on by way of the cluster bus, which may lose it.
 *
 * A proof asks every primary that serves a slot of ours, over the way that writers take: which of our connections
 * lead to it, who serves what as it sees it, and (by a write of nothing) whether it takes writes at all. Then all
 * connections have to answer a PING. It is good where each slot of ours is served by a node that has spoken and that
 * one of our connections leads to, and nobody names a primary that has not: {@link judge}. Then everything that was
 * told before the first question has been heard. Whatever else comes of it leaves the age growing, or at Infinity.
 */
export class ClusterListening implements Listener {
  readonly #options: ClusterListeningOptions
  readonly #lines: ClusterLines
  readonly #timer: ReturnType<typeof setInterval>
  readonly #freshness: Freshness
  #ours: ReadonlyMap<number, string> = new Map()
  #home: string | undefined
  #texts = ''
  #judgement: Judgement | undefined
  #placed: readonly Placed[] = []
  #owners: string | undefined
  #beats = 0
  #isBusy = false
  /** Grows with every gap: a proof that began before one proves nothing. */
  #gaps = 0

  constructor(options: ClusterListeningOptions) {
    this.#options = options
    this.#freshness = new Freshness(options.clock)
    this.#lines = new ClusterLines(options, {
      onMessage: (text, line) => this.#hear(text, line),
      onBreak: () => this.#lose(),
    })
    this.#timer = setInterval(() => this.#beat(), options.heartbeat).unref()
    this.#beat()
  }

  age(): number {
    return this.#freshness.age()
  }

  known(): Promise<void> {
    return this.#freshness.known()
  }

  async catchUp(): Promise<{ readonly now: number; readonly isHeard: boolean }> {
    try {
      if (this.#freshness.isKnown) return { now: await this.#prove(), isHeard: true }
    } catch {
      // Not heard; but the store may well answer.
    }
    const { now } = await this.#ask('AA', [])
    return { now, isHeard: false }
  }

  /** Of what happened on a node whose clock is behind, it says too much. */
  delaySince(instant: number): number | undefined {
    if (this.#placed.length === 0) return undefined
    const lead = Math.max(...this.#placed.map(({ now, sentAt }) => now + 1 - sentAt))
    return Math.max(0, this.#options.clock.elapsed() + lead - instant)
  }

  close(): void {
    clearInterval(this.#timer)
    this.#gaps += 1
    this.#freshness.lose()
    this.#lines.close()
  }

  #beat(): void {
    this.#beats += 1
    const isDue = this.#freshness.isUnproved || this.#beats % PROVED_EVERY === 0
    if (this.#isBusy || !isDue) return
    this.#isBusy = true
    const done = (): void => {
      this.#isBusy = false
    }
    this.#step().then(done, done)
  }

  async #step(): Promise<void> {
    const freshness = this.#freshness
    if (freshness.isKnown && !this.#options.isAgeWanted()) {
      freshness.rest()
      return
    }
    freshness.ask()
    try {
      await this.#prove()
      freshness.answered()
    } catch (error) {
      freshness.doubt()
      freshness.answered()
      throw error
    }
  }

  async #prove(): Promise<number> {
    const gaps = this.#gaps
    const sentAt = this.#options.clock.elapsed()
    this.#home ??= await this.#learnHome()
    await this.#lines.tend(this.#home)
    const placed = await this.#askAll()
    await Promise.all(this.#lines.listening.map((line) => line.pong()))
    if (gaps !== this.#gaps) throw unheard()
    const { isWhole, owners } = this.#judgement ?? { isWhole: false, owners: '' }
    if (!isWhole || placed.some(({ lines }) => lines.length === 0)) {
      this.#lose()
      throw unheard()
    }
    this.#placed = placed
    const now = Math.min(...placed.map((answer) => answer.now))
    this.#note(sentAt, owners, now)
    return now
  }

  /** Who was the primary of something until now may have told what its connection had not brought yet. */
  #note(sentAt: number, owners: string, now: number): void {
    if (this.#freshness.isTooLate(sentAt) || owners !== this.#owners) this.#lose()
    // Whoever is told forgets what was learnt before, and only then may anything be served again.
    if (!this.#freshness.isKnown) this.#options.onBegin(now)
    this.#owners = owners
    this.#freshness.proved(sentAt)
  }

  async #learnHome(): Promise<string> {
    const { channel } = await this.#ask('AA', [])
    const home = channel.slice(0, -'changes'.length)
    this.#ours = slotsOf(home)
    return home
  }

  /** Asks every primary that anybody has named, until nobody names another one. */
  async #askAll(): Promise<readonly Placed[]> {
    const byNode = new Map<string, Said>()
    let asks = this.#judgement?.asks ?? new Map([['', ['AA']]])
    for (let round = 0; round < ROUNDS; round += 1) {
      const buckets = [...asks.values()].map((names) => names[this.#beats % names.length] ?? 'AA')
      const answers = await Promise.all(buckets.map((bucket) => this.#askOne(bucket)))
      for (const answer of answers) {
        const view = toView(answer.view)
        byNode.set(view.me, { view, answer })
      }
      const judgement = this.#judge([...byNode.values()])
      asks = new Map([...judgement.asks].filter(([id]) => !byNode.has(id)))
      if (asks.size === 0) break
    }
    return [...byNode.values()].map(({ answer }) => answer)
  }

  /** Most of the time every node says what it said before. */
  #judge(said: readonly Said[]): Judgement {
    const texts = said.map(({ answer }) => answer.view).join('\n\n')
    if (this.#judgement === undefined || texts !== this.#texts) {
      this.#judgement = judge(
        said.map(({ view }) => view),
        this.#ours,
      )
      this.#texts = texts
    }
    return this.#judgement
  }

  async #askOne(bucket: string): Promise<Placed> {
    const lines = this.#lines.listening
    const channels = lines.map(({ channel = '' }) => channel)
    const sentAt = this.#options.clock.elapsed()
    const answer = await this.#ask(bucket, channels)
    return { ...answer, sentAt, lines: lines.filter((_, at) => (answer.counts[at] ?? 0) > 0) }
  }

  #ask(bucket: string, channels: readonly string[]): Promise<NodeAnswer> {
    return within(PROVED_WITHIN, this.#options.askNode(bucket, channels))
  }

  #hear(text: string, line: NodeLine): void {
    const message = toMessage(text)
    const isFirst = message?.kind === 'ended' && this.#leadsTo(line, bucketPart(message.id))
    this.#options.onMessage(message, isFirst)
  }

  /** Whether what happens in a bucket is told over this connection by the node itself. */
  #leadsTo(line: NodeLine, bucket: string): boolean {
    const slot = slotOf(`${this.#home ?? ''}w{${decode(bucket)}}`)
    const place = this.#judgement?.placeOf(slot)
    return place !== undefined && (this.#placed[place]?.lines.includes(line) ?? false)
  }

  #lose(): void {
    this.#gaps += 1
    const wasKnown = this.#freshness.isKnown
    this.#freshness.lose()
    if (wasKnown) this.#options.onGap()
  }
}
