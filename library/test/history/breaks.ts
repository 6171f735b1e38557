import type { Change } from './generator/app-process.js'
import type { Rule } from './checker/evidence.js'

/** A library that is broken on purpose, and by which rules the checker may find out. */
export interface Break extends Change {
  readonly name: string
  readonly rules: readonly Rule[]
  /** The only faults of its runs, where it shows in no others. */
  readonly faults?: Readonly<Record<string, number>>
}

/** The checker has to notice each of them. Made while the application is built; the sources stay as they are. */
export const BREAKS: readonly Break[] = [
  {
    name: 'the near cache does not forget a session that it is told of',
    file: 'store/near-cache/answers.ts',
    from: 'onSession(id: SessionId): void {',
    to: 'onSession(id: SessionId): void { if (id !== "") return;',
    rules: ['resurrected', 'lost-write'],
  },
  {
    // Those of revoke-all alone are not missed: tidying up tells of every session once more.
    name: 'messages of ends are dropped',
    file: 'store/redis/feed/feed.ts',
    from: '#tell(message: Message | undefined): void {',
    to: "#tell(message: Message | undefined): void { if (message?.kind === 'ended' || message?.kind === 'epoch') return;",
    rules: ['resurrected'],
  },
  {
    name: 'the near cache does not mind how old its knowledge is',
    file: 'store/near-cache/answers.ts',
    from: 'this.age() > maxStaleness',
    to: 'this.age() < 0',
    faults: { 'listener stalled': 1 },
    rules: ['resurrected', 'lost-write'],
  },
  {
    name: 'all values are written back, not those that changed',
    file: 'session/working-copy.ts',
    from: '...(this.#set.size > 0 ? { set: this.#pendingAtRest() } : {}),',
    to: '...(this.#set.size > 0 ? { set: this.toData() } : {}),',
    rules: ['lost-write'],
  },
  {
    name: 'an increment is a read and a write',
    file: 'session/atomic.ts',
    from: 'if (visit.core.values.isSealing) return update(visit, key, step)',
    to: '{ const sum = step(parse(visit.copy.json(key))); visit.copy.set(key, sum); if (sum > 0) return sum }',
    rules: ['lost-write'],
  },
  {
    name: 'the answer leaves before the session is saved',
    file: 'session/commit.ts',
    from: 'await patch(visit, found.record.id)',
    to: 'patch(visit, found.record.id).catch(() => undefined)',
    rules: ['lost-write'],
  },
  {
    name: 'a refresh token is exchanged without grace',
    file: 'session/refresh.ts',
    from: 'grace: settings.refreshGrace',
    to: 'grace: 0',
    rules: ['false-alarm', 'signed-out'],
  },
  {
    name: 'a refresh token that comes again gets another successor',
    file: 'store/redis/scripts/rotate.ts',
    from: "status, successor = 'replayed', generation\n",
    to: "status, successor = 'replayed', generation + 1\n",
    rules: ['two-successors'],
  },
  {
    name: 'a spent refresh token is exchanged again',
    file: 'store/redis/scripts/rotate.ts',
    from: 'elseif presented == parent and is_within(tonumber(ARGV[8])) then',
    to: 'elseif presented <= parent and is_within(tonumber(ARGV[8])) then',
    rules: ['two-successors'],
  },
  {
    name: 'an end takes the session out of the index, and leaves the record',
    file: 'store/redis/scripts/end.ts',
    from: 'bury(session, ARGV[5], now)',
    to: "redis.call('ZREM', key_of('u', session.subject), session.id)",
    rules: ['resurrected', 'index'],
  },
  {
    name: 'revoke-all ends nothing that exists',
    file: 'store/redis/scripts/snippets.ts',
    from: "redis.call('HSET', key, 'E', text(owner.epoch + 1), 'Y', reason, 'Z', text(now))",
    to: "redis.call('HSET', key, 'E', text(owner.epoch), 'Y', reason, 'Z', text(now))",
    rules: ['resurrected', 'index'],
  },
  {
    name: 'some sessions are not in the index',
    file: 'store/redis/scripts/create.ts',
    from: 'if subject then\n  keep_owner',
    to: "if subject and string.byte(name) % 4 == 0 then redis.call('ZREM', key_of('u', subject), name) end\nif subject then\n  keep_owner",
    rules: ['index'],
  },
  {
    name: 'the index keeps sessions that have ended',
    file: 'store/redis/scripts/snippets.ts',
    from: "redis.call('ZREM', key_of('u', session.subject), session.id)",
    to: '',
    rules: ['index'],
  },
  {
    name: 'a sign-in makes two sessions',
    file: 'store/redis/scripts/create.ts',
    from: "local reply = { 'created', text(now), text(owner.epoch) }",
    to: "redis.call('COPY', KEYS[1], KEYS[1] .. '2')\nif subject then redis.call('ZADD', key_of('u', subject), text(now + 100000), name .. '2') end\nlocal reply = { 'created', text(now), text(owner.epoch) }",
    rules: ['created'],
  },
  {
    name: 'a write that was told to have failed is done much later',
    file: 'store/redis/scripts/snippets.ts',
    from: "if ARGV[2] ~= '0' and here > tonumber(ARGV[2]) then",
    to: "if ARGV[2] == 'never' then",
    faults: { 'writer stalled': 1 },
    rules: ['lost-write', 'resurrected', 'false-alarm', 'signed-out', 'index', 'two-successors'],
  },
]
