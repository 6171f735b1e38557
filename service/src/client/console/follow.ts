import type { Columns, Sample } from './columns.js'

/** One number to be read at a glance, in the service's words. */
export interface TileText {
  readonly value: string
  readonly note: string
  readonly tone: string
}

export interface Texts {
  readonly tiles: Readonly<Record<string, TileText>>
  readonly summaries: Readonly<Record<string, string>>
}

/** `over`: whoever looks may not any more. */
export type State = 'live' | 'away' | 'over'

/** Who hears of what comes. */
export interface Follower {
  onWindow(columns: Columns, texts: Texts): void
  onSample(sample: Sample, texts: Texts): void
  onState(state: State): void
}

/** Milliseconds before a lost stream is asked for again: longer each time, and never at the same moment everywhere. */
const FIRST_WAIT = 1_000
const LONGEST_WAIT = 30_000
/** A stream that says nothing for so long is lost. */
const SILENCE = 15_000
/** The share of a wait that is left to chance. */
const CHANCE = 0.5

/**
 * Follows the stream of samples, and comes back where it is lost. A page that nobody sees has none: browsers open only six
 * connections to a site.
 */
export class Following {
  readonly #address: string
  readonly #follower: Follower
  #source: EventSource | undefined
  #timer: number | undefined
  #tries = 0
  #isPaused = false
  #isOver = false

  constructor(address: string, follower: Follower) {
    this.#address = address
    this.#follower = follower
    const reopen = (): void => {
      this.#reopen()
    }
    document.addEventListener('visibilitychange', reopen)
    window.addEventListener('online', reopen)
    window.addEventListener('pageshow', reopen)
    window.addEventListener('pagehide', () => {
      this.#close()
    })
    this.#open()
  }

  pause(): void {
    this.#isPaused = true
    this.#close()
  }

  goOn(): void {
    this.#isPaused = false
    this.#reopen()
  }

  #reopen(): void {
    this.#tries = 0
    this.#open()
  }

  #open(): void {
    this.#close()
    if (!this.#isWanted()) return
    const source = new EventSource(this.#address)
    this.#source = source
    const end = (): void => {
      this.#end()
    }
    source.addEventListener('window', (event: MessageEvent<string>) => {
      const { columns, texts } = this.#hear(event)
      this.#follower.onWindow(columns as Columns, texts)
    })
    source.addEventListener('sample', (event: MessageEvent<string>) => {
      const { texts, ...sample } = this.#hear(event)
      this.#follower.onSample(sample as Sample, texts)
    })
    source.addEventListener('forbidden', end)
    source.addEventListener('ended', end)
    source.addEventListener('error', () => {
      this.#lose()
    })
    this.#loseAfter(SILENCE)
  }

  #isWanted(): boolean {
    return !this.#isPaused && !this.#isOver && !document.hidden
  }

  #hear(event: MessageEvent<string>): { readonly texts: Texts } & Record<string, unknown> {
    this.#tries = 0
    this.#follower.onState('live')
    this.#loseAfter(SILENCE)
    return JSON.parse(event.data) as { readonly texts: Texts } & Record<string, unknown>
  }

  #loseAfter(milliseconds: number): void {
    window.clearTimeout(this.#timer)
    this.#timer = window.setTimeout(() => {
      this.#lose()
    }, milliseconds)
  }

  #lose(): void {
    this.#close()
    if (!this.#isWanted()) return
    this.#follower.onState('away')
    const most = Math.min(LONGEST_WAIT, FIRST_WAIT * 2 ** this.#tries)
    this.#tries += 1
    this.#timer = window.setTimeout(
      () => {
        this.#open()
      },
      most * (1 - CHANCE * chance()),
    )
  }

  #end(): void {
    this.#isOver = true
    this.#close()
    this.#follower.onState('over')
  }

  #close(): void {
    this.#source?.close()
    this.#source = undefined
    window.clearTimeout(this.#timer)
  }
}

/** From 0 to 1. */
function chance(): number {
  const [number = 0] = crypto.getRandomValues(new Uint32Array(1))
  return number / 2 ** 32
}
