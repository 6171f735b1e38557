/** What a node is, and what is told of it: shared by the nodes' program and the test that starts them. */

export const SECRET = 'the secret of a fleet that is being upgraded, long enough'

export interface NodePlan {
  readonly role: 'old' | 'new'
  readonly redisUrl: string
  readonly prefix: string
  /** Which connect-redis an old node has. */
  readonly oldStore: 'connect-redis' | 'connect-redis7' | 'connect-redis6'
  /** Which client library it, or a new node, has. */
  readonly client: 'redis' | 'redis4' | 'redis4 in legacy mode' | 'ioredis5'
  /** Records are no JSON: `base64` of it instead. */
  readonly isEncoded: boolean
  /** Only for new nodes. */
  readonly legacy: 'mirror' | 'adopt'
  /** A second connection, and so a near cache. */
  readonly hasSubscriber?: boolean
  /** Milliseconds; absent: a cookie without an age. */
  readonly maxAge?: number
}

/** Counters of a new node since it began. */
export interface NodeStats {
  readonly adopted: number
  readonly merged: number
  readonly mirrored: number
  readonly endedByOldNode: number
  readonly undecodable: number
  readonly corrupt: number
  /** How often `session.adopted` was emitted, by the store that the application made. */
  readonly adoptedEvents: number
  /** Answers with a status of 500 or more. */
  readonly faults: number
}

/** What every answer says: the session as it was when the request began. */
export interface Seen {
  readonly who: string | null
  readonly data: Readonly<Record<string, string>>
  readonly age: number | null
}
