import { randomToken } from '../../../system/random.js'
import { MadeLine, type OpenSubscriber, type RedisNode } from './made-line.js'
import { PROVED_WITHIN, within } from './within.js'

/** What comes over any of the connections. */
export interface ClusterEars {
  onMessage(text: string, line: NodeLine): void
  /** What was told to a node may be lost. */
  onBreak(): void
}

/** Who makes the connections, and to what. */
export interface ClusterLinesOptions {
  readonly open: OpenSubscriber
  /** The primaries as the client knows them now. */
  readonly listPrimaries: () => readonly RedisNode[]
}

/** One connection to listen on for each primary that the client knows. */
export class ClusterLines {
  readonly #options: ClusterLinesOptions
  readonly #ears: ClusterEars
  readonly #byName = new Map<string, NodeLine>()

  constructor(options: ClusterLinesOptions, ears: ClusterEars) {
    this.#options = options
    this.#ears = ears
  }

  /** Those that hear what their node tells. */
  get listening(): readonly NodeLine[] {
    return [...this.#byName.values()].filter((line) => line.channel !== undefined)
  }

  /** Opens what is missing, lets go of what is no primary any more, and subscribes where that is due. */
  async tend(home: string): Promise<void> {
    const wanted = new Map(
      this.#options.listPrimaries().map((node) => [`${node.host} ${String(node.port)}`, node]),
    )
    for (const [name, node] of wanted) {
      if (!this.#byName.has(name)) {
        this.#byName.set(name, new NodeLine(node, this.#options, this.#ears))
      }
    }
    // No primaries known: the client is only just connecting again.
    if (wanted.size > 0) this.#keepOnly(wanted)
    await Promise.all([...this.#byName.values()].map((line) => line.begin(home)))
  }

  close(): void {
    this.#keepOnly(new Map())
  }

  #keepOnly(wanted: ReadonlyMap<string, unknown>): void {
    for (const [name, line] of this.#byName) {
      if (wanted.has(name)) continue
      this.#byName.delete(name)
      line.close()
    }
  }
}

/** A connection to one primary. */
export class NodeLine {
  readonly #line: MadeLine
  #isBeginning = false
  #breaks = 0
  /**
   * A channel of this very connection, on which nothing is ever told: a node that has somebody on it is the one that
   * this connection leads to. `undefined`: it does not listen.
   */
  channel: string | undefined

  constructor(node: RedisNode, { open }: ClusterLinesOptions, ears: ClusterEars) {
    this.#line = new MadeLine(
      { open, findNode: () => node },
      {
        onMessage: (text) => ears.onMessage(text, this),
        onBreak: () => {
          this.#breaks += 1
          const hadListened = this.channel !== undefined
          this.channel = undefined
          if (hadListened) ears.onBreak()
        },
      },
    )
  }

  /** Subscribes, where it is not and can be. What fails is tried again at the next call. */
  async begin(home: string): Promise<void> {
    if (this.channel !== undefined || this.#isBeginning || !this.#line.isReady()) return
    const channel = `${home}changes:${randomToken(9)}`
    const breaks = this.#breaks
    this.#isBeginning = true
    try {
      await within(PROVED_WITHIN, this.#line.subscribe(`${home}changes`))
      await within(PROVED_WITHIN, this.#line.subscribe(channel))
      if (breaks === this.#breaks) this.channel = channel
    } catch {
      this.#line.renew()
    } finally {
      this.#isBeginning = false
    }
  }

  /** Settles when everything is heard that its node had told when this was called; otherwise connects anew. */
  async pong(): Promise<void> {
    try {
      await within(PROVED_WITHIN, this.#line.ping())
    } catch (error) {
      this.#line.renew()
      throw error
    }
  }

  close(): void {
    this.channel = undefined
    this.#line.close()
  }
}
