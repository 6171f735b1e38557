/** One kind of key: what rests under it, and for how long. `docs/reference/redis-keys.md` is made of it. */
export interface KeyKind {
  /** What stands between prefix and bucket. */
  readonly letter: string
  /** What stands behind the bucket; percent-encoded but for letters, digits and `_ - . ~`. */
  readonly name: string
  readonly type: 'hash' | 'zset'
  /** What it holds, in a sentence. */
  readonly holds: string
  /** Fields of a hash with what they mean, or the member of a set and its score. */
  readonly fields: Readonly<Record<string, string>>
  /** When it goes by itself. */
  readonly rests: string
  /** The scripts (files of `scripts/`) that write it. */
  readonly writtenBy: readonly string[]
}

/**
 * Every key there is: `<prefix><letter>{<bucket>}<name>`. A test compares it with what stands in a Redis in which every
 * verb has been called once.
 */
export const KEY_KINDS: readonly KeyKind[] = [
  {
    letter: 's',
    name: '<id>',
    type: 'hash',
    holds: 'A session; once it has ended, its tombstone: `K`, `Z` and `S` alone.',
    fields: {
      V: 'version of the format; absent: 1. A reader leaves others alone',
      S: 'subject; absent: nobody has signed in',
      H: 'SHA-256 of the secret, base64url',
      P: 'SHA-256 of the secret before the last renewal',
      Q: 'until when that one is good, ms after `C`',
      C: 'created at, epoch ms',
      T: 'last seen, ms after `C`',
      A: 'last proved who they are, ms after `C`; absent: at `C`',
      I: 'idle timeout, ms',
      X: 'absolute end, ms after `C`',
      Y: 'the reason it ends with at `X`; absent: `expired_absolute`',
      E: 'epoch of the subject when it began; absent: 0. Below the present one: it has ended',
      R: 'revision of the data; absent: 0',
      F: 'SHA-256 of the seed of its refresh tokens',
      G: 'their generation, parent, last exchange, end (ms after `C`), and whether the last was presented',
      K: 'tombstone: the end reason',
      Z: 'tombstone: ended at, epoch ms',
      'd:<key>': 'a value of the data: `<revision>:<JSON>`, encrypted where `encryption` is set',
    },
    rests: 'until it expires, and `lingerFor` (1 h); a tombstone for `tombstoneFor` (24 h)',
    writtenBy: ['create', 'change', 'touch', 'rotate', 'end', 'end-all', 'reap', 'transfer'],
  },
  {
    letter: 'u',
    name: '<subject>',
    type: 'zset',
    holds: 'The sessions of a subject that are of its present epoch.',
    fields: { '<id>': 'score: when it expires, epoch ms' },
    rests: 'until the last of them has lingered',
    writtenBy: ['create', 'change', 'touch', 'rotate', 'end', 'end-all', 'reap', 'transfer'],
  },
  {
    letter: 'x',
    name: '<subject>',
    type: 'zset',
    holds: 'Its sessions of earlier epochs: ended, and not yet turned into tombstones.',
    fields: { '<id>': 'score: when it would have expired, epoch ms' },
    rests: 'until the last of them has lingered',
    writtenBy: ['create', 'rotate', 'end', 'end-all', 'reap', 'transfer'],
  },
  {
    letter: 'g',
    name: '<subject>',
    type: 'hash',
    holds: 'What is kept of a subject. There is none for most.',
    fields: {
      E: 'epoch: how often all its sessions were ended; absent: 0',
      Y: 'the reason of the last time',
      Z: 'and when that was, epoch ms',
      D: '`1`: disabled',
      V: 'version of its attributes; absent: 0',
      'd:<key>': 'an attribute that all its sessions share, as JSON',
    },
    rests:
      '`subjectKeptFor` (400 days) after the last change, no less than any of its sessions; ten years while disabled',
    writtenBy: ['create', 'end-all', 'subject', 'transfer'],
  },
  {
    letter: 'k',
    name: '<name>',
    type: 'hash',
    holds: 'A document that all processes share, such as the ring of signing keys.',
    fields: { T: 'its text', R: 'its revision' },
    rests: '400 days after it was last written or read',
    writtenBy: ['document', 'transfer'],
  },
  {
    letter: 'l',
    name: '<key>',
    type: 'hash',
    holds: 'What was taken out of a rate limit.',
    fields: {
      E: 'when all of it is paid back, epoch ms',
      S: 'by how much sooner, in parts of a ms',
      Q: 'the quota these parts are of',
      M: 'mark of the call that wrote it',
    },
    rests: 'until `E`',
    writtenBy: ['counters'],
  },
  {
    letter: 'a',
    name: '<key>',
    type: 'hash',
    holds: 'Failed attempts, and the lock that follows.',
    fields: {
      E: 'when they are forgotten or the lock ends, epoch ms',
      N: 'how many',
      L: '`1`: locked',
      M: 'mark of the call that wrote it',
    },
    rests: 'until `E`',
    writtenBy: ['counters'],
  },
  {
    letter: 'h',
    name: '<process>',
    type: 'hash',
    holds:
      'The beats of one process, by which a Redis that lost writes is told from one that did not.',
    fields: { N: 'how often it told that it is there' },
    rests: '1 h after the last',
    writtenBy: ['pulse'],
  },
  {
    letter: 'h',
    name: '',
    type: 'hash',
    holds: 'The name of the history of this node: another one, or none, means it was emptied.',
    fields: { H: 'the name, a random word' },
    rests: '400 days after a process last asked',
    writtenBy: ['pulse'],
  },
  {
    letter: 'w',
    name: '<word>',
    type: 'hash',
    holds:
      'A trace for a listener with `outsideChanges: "tracking"`; without it there is never one.',
    fields: { T: '`1`' },
    rests: '1 s',
    writtenBy: ['listen'],
  },
]
