import type { ChangeFeed, ChangeWatcher, Endings, Watching } from '../../change-feed.js'
import { Watchers } from '../../memory/watchers.js'
import { EndingsLog } from './endings-log.js'
import type { Listener, ListeningEvents } from './listening.js'
import type { Message } from './message.js'

export interface FeedOptions {
  /** Begins to listen, to one server or to all primaries of a cluster. */
  readonly listen: (events: ListeningEvents) => Listener
  readonly endingsKeptFor: number
}

/** A feed, and how to let go of what it opened. */
export interface RedisFeed extends ChangeFeed {
  close(): void
}

/** Tells what is heard while somebody wants to know, and keeps a log of what ended. */
export function createFeed(options: FeedOptions): RedisFeed {
  return new Feed(options)
}

class Feed implements RedisFeed {
  readonly #options: FeedOptions
  #watchers = new Watchers()
  readonly #log: EndingsLog
  #listening: Listener | undefined
  /** Somebody asked what ended, and will ask again: the log has to go on. */
  #isLogWanted = false

  constructor(options: FeedOptions) {
    this.#options = options
    this.#log = new EndingsLog(options.endingsKeptFor)
  }

  watch(watcher: ChangeWatcher): Watching {
    const place = this.#watchers.add(watcher)
    this.#listen()
    return {
      close: () => {
        place.close()
        if (this.#watchers.count === 0 && !this.#isLogWanted) this.#stop()
      },
    }
  }

  age(): number {
    const isWatched = this.#watchers.count > 0
    return (isWatched ? this.#listening?.age() : undefined) ?? Number.POSITIVE_INFINITY
  }

  /** Asks for the instant by a script that publishes a word, and waits until that is heard: nothing before is missing. */
  async endings(since: number): Promise<Endings> {
    this.#isLogWanted = true
    const listening = this.#listen()
    await listening.known()
    const { now, isHeard } = await listening.catchUp()
    return isHeard ? this.#log.read(since, now) : this.#log.readNothing(now)
  }

  close(): void {
    this.#isLogWanted = false
    this.#watchers = new Watchers()
    this.#stop()
  }

  #listen(): Listener {
    this.#listening ??= this.#options.listen({
      isAgeWanted: () => this.#watchers.isAgeWanted,
      onMessage: (message, isFirst) => {
        if (isFirst) this.#measure(message)
        this.#tell(message)
      },
      onBegin: (now) => {
        this.#log.begin(now)
        // What was looked up before may have changed unheard.
        this.#watchers.everything()
      },
      onGap: () => this.#loseTrack(),
    })
    return this.#listening
  }

  #stop(): void {
    this.#listening?.close()
    this.#listening = undefined
    this.#log.forget()
  }

  #loseTrack(): void {
    this.#log.forget()
    this.#watchers.everything()
  }

  /** Only ends say when they were. */
  #measure(message: Message | undefined): void {
    const endedAt = message?.kind === 'epoch' ? message.ending.endedAt : toEnd(message)
    const delay = endedAt === undefined ? undefined : this.#listening?.delaySince(endedAt)
    if (delay !== undefined) this.#watchers.delay(delay)
  }

  #tell(message: Message | undefined): void {
    switch (message?.kind) {
      case 'ended':
        this.#log.addSession({ id: message.id, endedAt: message.endedAt })
        return this.#watchers.ended(message.id)
      case 'changed':
        return this.#watchers.session(message.id)
      case 'epoch':
        this.#log.addSubject(message.ending)
        return this.#watchers.epoch(message.ending)
      case 'subject':
        return this.#watchers.subject(message.subject)
      case 'document':
        return this.#watchers.document(message.name)
      default:
        return this.#watchers.everything()
    }
  }
}

function toEnd(message: Message | undefined): number | undefined {
  return message?.kind === 'ended' ? message.endedAt : undefined
}
