import type { ChangeWatcher, Endings, Watching } from '../change-feed.js'

/** Those who are told of changes. To tell them costs nothing while there is nobody. */
export class Watchers {
  readonly #watchers = new Set<{ readonly watcher: ChangeWatcher }>()

  /** How many there are. */
  get count(): number {
    return this.#watchers.size
  }

  add(watcher: ChangeWatcher): Watching {
    // An object of its own, so that one who watches twice can also stop twice.
    const place = { watcher }
    this.#watchers.add(place)
    return { close: () => void this.#watchers.delete(place) }
  }

  /** Somebody asks for the age of what is told. */
  get isAgeWanted(): boolean {
    for (const { watcher } of this.#watchers) if (watcher.isAgeless !== true) return true
    return false
  }

  ended(id: string): void {
    for (const { watcher } of this.#watchers) watcher.onEnded?.(id)
    this.session(id)
  }

  epoch(ending: Endings['subjects'][number]): void {
    for (const { watcher } of this.#watchers) watcher.onEpoch?.(ending)
    this.subject(ending.subject)
  }

  session(id: string): void {
    for (const { watcher } of this.#watchers) watcher.onSession(id)
  }

  subject(subject: string): void {
    for (const { watcher } of this.#watchers) watcher.onSubject(subject)
  }

  document(name: string): void {
    for (const { watcher } of this.#watchers) watcher.onDocument(name)
  }

  delay(milliseconds: number): void {
    for (const { watcher } of this.#watchers) watcher.onDelay?.(milliseconds)
  }

  everything(): void {
    for (const { watcher } of this.#watchers) watcher.onEverything()
  }
}
