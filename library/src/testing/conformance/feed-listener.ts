import assert from 'node:assert/strict'
import { setTimeout as pause } from 'node:timers/promises'
import type { ChangeFeed } from '../../store/change-feed.js'
import { systemClock } from '../../system/clock.js'
import type { Scene } from './harness.js'

/** How long after a verb has answered its news may still be under way, in milliseconds. */
const SOON = 1_000
/** How long a feed may take to begin, or to catch up. */
const PATIENCE = 10_000

/** Somebody who watches, and keeps what was told: `session x`, `subject x`, `document x` or `everything`. */
export interface Listener {
  readonly feed: ChangeFeed
  readonly told: string[]
  /** Waits until this was told, or `everything`, and fails where that takes longer than a second. */
  hear(news: string): Promise<void>
  close(): void
}

/** Begins to watch, and waits until the feed has begun. */
export async function listen(feed: ChangeFeed): Promise<Listener> {
  const told: string[] = []
  const watching = feed.watch({
    onSession: (id) => void told.push(`session ${id}`),
    onSubject: (subject) => void told.push(`subject ${subject}`),
    onDocument: (name) => void told.push(`document ${name}`),
    onEverything: () => void told.push('everything'),
  })
  await until(() => Number.isFinite(feed.age()), 'the feed does not begin')
  told.length = 0
  return {
    feed,
    told,
    hear: (news) => until(() => isAmong(told, news), `nobody was told of: ${news}`, SOON),
    close: () => watching.close(),
  }
}

/** Whether something was told, by its name or with everything. */
export function isAmong(told: readonly string[], news: string): boolean {
  return told.includes(news) || told.includes('everything')
}

/** Waits until something is so, and complains where it does not come to be. */
export async function until(
  isSo: () => boolean,
  complaint: string,
  milliseconds: number = PATIENCE,
): Promise<void> {
  const start = systemClock.elapsed()
  while (!isSo()) {
    assert.ok(systemClock.elapsed() - start <= milliseconds, complaint)
    await pause(2)
  }
}

/** Runs while somebody watches the first handle; does nothing where the store has no feed. */
export async function withFeed(
  { store }: Scene,
  run: (listener: Listener) => Promise<void>,
): Promise<void> {
  if (store.changes === undefined) return
  const listener = await listen(store.changes)
  try {
    await run(listener)
  } finally {
    listener.close()
  }
}
