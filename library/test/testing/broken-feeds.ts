import type { ChangeFeed, ChangeWatcher, Endings } from '../../src/store/change-feed.js'
import type { Breakage, Parts } from './broken-stores.js'

/** A store whose feed tells something else than it should. */
function telling(
  name: string,
  noticedBy: readonly string[],
  told: (watcher: ChangeWatcher) => Partial<ChangeWatcher>,
): Breakage {
  return feeding(name, noticedBy, (sound) => ({
    watch: (watcher) =>
      sound.watch({
        onSession: (id) => watcher.onSession(id),
        onSubject: (subject) => watcher.onSubject(subject),
        onDocument: (document) => watcher.onDocument(document),
        onEverything: () => watcher.onEverything(),
        ...told(watcher),
      }),
  }))
}

function feeding(
  name: string,
  noticedBy: readonly string[],
  feed: (sound: ChangeFeed, parts: Parts) => Partial<ChangeFeed>,
): Breakage {
  return {
    name,
    noticedBy,
    breakIt(parts) {
      const { changes } = parts.sound
      return changes === undefined ? {} : { changes: { ...changes, ...feed(changes, parts) } }
    },
  }
}

function answering(
  name: string,
  noticedBy: readonly string[],
  endings: (sound: Endings) => Partial<Endings>,
): Breakage {
  return feeding(name, noticedBy, (sound) => ({
    async endings(since) {
      const answer = await sound.endings(since)
      return { ...answer, ...endings(answer) }
    },
  }))
}

const later = (tell: () => void): void => void setTimeout(tell, 50)

/** Ways to get the change feed wrong. */
export const BROKEN_FEEDS: readonly Breakage[] = [
  telling(
    'does not tell that all sessions of somebody have ended',
    [
      'tells endAll within a second, whoever did it',
      'tells a disabled subject within a second, whoever did it',
    ],
    () => ({ onSubject: () => undefined }),
  ),
  telling(
    'does not tell of documents',
    ['tells a document within a second, whoever did it'],
    () => ({
      onDocument: () => undefined,
    }),
  ),
  telling(
    'tells everything, whatever it was',
    ['never tells a session that was seen', 'tells nothing of another storage'],
    (watcher) => ({ onSession: () => watcher.onEverything() }),
  ),
  telling(
    'tells late, and calls that no age',
    ['has told whatever happened as long ago as its age says'],
    (watcher) => ({
      onSession: (id) => later(() => watcher.onSession(id)),
      onSubject: (subject) => later(() => watcher.onSubject(subject)),
    }),
  ),
  {
    name: 'tells of sessions that were seen',
    noticedBy: ['never tells a session that was seen'],
    breakIt: ({ sound, tables }) => ({
      async change(id, change) {
        const result = await sound.change(id, change)
        if (result.status === 'changed') tables.watchers.session(id)
        return result
      },
    }),
  },
  {
    name: 'tells of what was not done',
    noticedBy: [
      'never tells a change that is not made',
      'never tells a token that is not exchanged',
    ],
    breakIt: ({ sound, tables }) => ({
      change(id, change) {
        tables.watchers.session(id)
        return sound.change(id, change)
      },
      rotate(id, rotation) {
        tables.watchers.session(id)
        return sound.rotate(id, rotation)
      },
    }),
  },
  {
    name: 'does not tell that a token was reused',
    noticedBy: ['tells a reuse within a second, whoever did it'],
    breakIt({ sound }) {
      const muted = new Set<string>()
      const { changes } = sound
      if (changes === undefined) return {}
      return {
        async rotate(id, rotation) {
          muted.add(id)
          const result = await sound.rotate(id, rotation)
          muted.delete(id)
          return result
        },
        changes: {
          ...changes,
          watch: (watcher) =>
            changes.watch({
              onSession: (id) => (muted.has(id) ? undefined : watcher.onSession(id)),
              onSubject: (subject) => watcher.onSubject(subject),
              onDocument: (document) => watcher.onDocument(document),
              onEverything: () => watcher.onEverything(),
            }),
        },
      }
    },
  },
  feeding(
    'goes on telling those who stopped',
    ['tells everybody who watches, until they stop'],
    (sound) => ({
      watch(watcher) {
        sound.watch(watcher)
        return { close: () => undefined }
      },
    }),
  ),
  feeding('is always up to date', ['knows nothing while nobody watches'], () => ({ age: () => 0 })),
  answering(
    'forgets whom endAll spared',
    ['lists subjects whose epoch was raised, and the session spared'],
    ({ subjects }) => ({ subjects: subjects.map((each) => ({ ...each, except: undefined })) }),
  ),
  answering(
    'lists no sessions that ended one by one',
    ['lists the sessions that have ended, and none that live'],
    () => ({ sessions: [] }),
  ),
  feeding(
    'lists everything it knows of, whatever was asked for',
    ['lists from an instant on, so that its own instant is the next'],
    (sound) => ({
      endings: async (since) => ({ ...(await sound.endings(0)), since }),
    }),
  ),
]
