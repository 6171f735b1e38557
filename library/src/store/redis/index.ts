/**
 * redis/ owns the store on Redis: its keys, its scripts, and how any client is spoken to. The scripts
 * are its heart, one to a verb; everything else turns values into their arguments and their replies back.
 * It never opens a connection; a verb never waits: deadlines are `store/resilient.ts`'.
 *
 * @module
 */
export { createRedisStore } from './redis-store.js'
export type { RedisStoreOptions } from './options.js'
export type { RedisDurability } from './durability.js'
export type { IoRedisSubscriber, NodeRedisSubscriber, RedisSubscriber } from './feed/subscriber.js'
export type { OpenSubscriber, RedisNode } from './feed/made-line.js'
export type { SubscriberOption } from './feed/open-feed.js'
export type { GlideClient, IoRedisClient, NodeRedisClient, RedisClient } from './client.js'
export { HEALTH_FIELDS } from './scripts/check.js'
