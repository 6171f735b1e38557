import { readFacts } from './facts.js'
import type { Platform } from './platform.js'
import type { Tabs } from './tabs.js'
import { isRenewal } from './trouble.js'
import type { View } from './view.js'

const FIRST_PAUSE = 1_000
/** A stream that failed to open so often, while the service answered, is not there: then it is only polled. */
const ENOUGH = 3
/** Who looks at the page again within this time after the last answer is not told anything new. */
const STILL_FRESH = 2_000

export interface LiveParts {
  readonly platform: Platform
  readonly tabs: Tabs
  readonly view: View
  /** Address of the event stream; undefined: the service has none. */
  readonly address: string | undefined
  readonly pollEvery: number
}

/**
 * Learns of changes that others make. Of all tabs that somebody can see, one holds the stream (browsers allow six connections
 * to a host); where there is no stream it polls. A hidden tab does neither.
 */
export class Live {
  readonly #parts: LiveParts
  readonly #stops: readonly (() => void)[]
  #stream: EventSource | undefined
  #timer: ReturnType<typeof setTimeout> | undefined
  #failures = 0
  /** Streams that did not open although the service answered; none counts any more once one has. */
  #missing = 0
  #isClosed = false

  constructor(parts: LiveParts) {
    const { view, platform } = parts
    this.#parts = parts
    this.#stops = [
      view.on('change', ({ status }) => {
        if (status !== 'active') this.#stop()
        else if (this.#timer === undefined) this.#goOn()
      }),
      platform.watch(
        () => void this.#wake(),
        () => this.#rest(),
      ),
    ]
    if (!platform.isHidden()) this.#stand()
  }

  close(): void {
    this.#isClosed = true
    for (const stop of this.#stops) stop()
    this.#rest()
  }

  async #wake(): Promise<void> {
    const { view, platform } = this.#parts
    if (!view.isNewerThan(platform.now() - STILL_FRESH)) await this.#canAsk()
    if (this.#isClosed || platform.isHidden()) return
    this.#stand()
    this.#goOn()
  }

  #rest(): void {
    this.#stop()
    this.#parts.tabs.stepDown()
  }

  #stand(): void {
    this.#parts.tabs.stand(() => this.#goOn())
  }

  #stop(): void {
    this.#stream?.close()
    this.#stream = undefined
    clearTimeout(this.#timer)
    this.#timer = undefined
  }

  /** The stream, or else the next poll: whatever is not under way yet. */
  #goOn(): void {
    const { tabs, view, pollEvery, platform, address } = this.#parts
    if (this.#stream !== undefined || !tabs.isLeading() || view.state.status !== 'active') return
    this.#stop()
    // Without Web Locks nobody leads: each tab would hold a stream.
    const mayListen = platform.locks !== undefined && this.#missing < ENOUGH
    if (address !== undefined && mayListen) this.#stream = platform.openEvents(address)
    if (this.#stream === undefined) this.#askAfter(pollEvery)
    else this.#listen(this.#stream)
  }

  /** Half the pause to one and a half of it: a service that comes back is not asked by all at once. */
  #askAfter(pause: number): void {
    const again = async (): Promise<void> => {
      this.#timer = undefined
      if (await this.#canAsk()) this.#missing += 1
      this.#goOn()
    }
    this.#timer = setTimeout(() => void again(), pause * (0.5 + this.#parts.platform.chance()))
  }

  #canAsk(): Promise<boolean> {
    return this.#parts.view.ask().then(
      () => true,
      () => false,
    )
  }

  #listen(stream: EventSource): void {
    const { view, platform, pollEvery } = this.#parts
    const at = (name: string, then: (body: unknown) => void): void =>
      stream.addEventListener(name, ({ data }: MessageEvent<string>) => then(parse(data)))
    // They come within a moment of `serverTime`: the page's clock of now is as good as that of sending.
    for (const name of ['session', 'extended', 'expiring']) {
      at(name, (body) => view.apply(readFacts(body), platform.now()))
    }
    at('ended', (body) => {
      const { reason, id } = (body ?? {}) as { readonly reason?: string; readonly id?: string }
      if (isRenewal(reason)) void this.#canAsk()
      else if (reason !== undefined) view.end(reason, id)
    })
    stream.onopen = () => {
      this.#missing = -Infinity
      this.#failures = 0
    }
    stream.onerror = () => {
      this.#stop()
      this.#askAfter(Math.min(FIRST_PAUSE * 2 ** this.#failures, pollEvery))
      this.#failures += 1
    }
  }
}

/** Undefined: not of the service. */
function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
