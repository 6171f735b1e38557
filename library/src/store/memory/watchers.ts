import type { ChangeWatcher, Watching } from '../change-feed.js'

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

  session(id: string): void {
    for (const { watcher } of this.#watchers) watcher.onSession(id)
  }

  subject(subject: string): void {
    for (const { watcher } of this.#watchers) watcher.onSubject(subject)
  }

  document(name: string): void {
    for (const { watcher } of this.#watchers) watcher.onDocument(name)
  }

  everything(): void {
    for (const { watcher } of this.#watchers) watcher.onEverything()
  }
}
