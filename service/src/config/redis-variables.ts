import { flag, line, port, wholeNumber } from './readers.js'
import * as redis from './redis-readers.js'
import { redisUrl } from './redis-url.js'
import { optional, withDefault } from './variable.js'

/** How Redis is reached, and what is asked of it. */
export const redisVariables = {
  REDIS_URL: optional(redisUrl, {
    about:
      'Keeps sessions, limits and revocation in Redis: redis://[user:password@]host:port[/db], rediss:// with TLS. A node of a cluster leads to all of it; several hosts are nodes of a cluster; redis-sentinel://host:port,host:port/name are Sentinels.',
    defaultNote: 'none: sessions rest in DATA_DIR',
    example: 'redis://localhost:6379',
  }),
  REDIS_HOST: optional(redis.redisHost, {
    about: 'The Redis host, as another way to write REDIS_URL. Ignored where REDIS_URL is set.',
    example: 'localhost',
  }),
  REDIS_PORT: withDefault('6379', port(1), { about: 'The port that goes with REDIS_HOST.' }),
  REDIS_USERNAME: optional(line(256), {
    about: 'The ACL user of Redis, where the address does not hold it.',
    defaultNote: 'the user default',
    example: 'sojourn',
  }),
  REDIS_PASSWORD: optional(line(1024), {
    about: 'The password of Redis, where the address does not hold it.',
  }),
  REDIS_DB: optional(redis.redisDatabase, {
    about: 'The number of the Redis database.',
    unit: '0 to 15',
    defaultNote: '0',
    example: '0',
  }),
  REDIS_SSL: optional(flag, {
    about: 'Use TLS to Redis, as rediss:// does.',
    defaultNote: 'what the address says',
    example: 'true',
  }),
  REDIS_CA_FILE: optional(line(4096), {
    about: 'Certificates (PEM) of the authority that Redis must be certified by.',
    defaultNote: 'the authorities Node.js knows',
    example: '/etc/sojourn/redis-ca.pem',
  }),
  REDIS_CERT_FILE: optional(line(4096), {
    about: 'The certificate (PEM) that is shown to a Redis that asks who calls.',
    example: '/etc/sojourn/redis-client.crt',
  }),
  REDIS_KEY_FILE: optional(line(4096), {
    about: 'The private key (PEM) of REDIS_CERT_FILE.',
    example: '/etc/sojourn/redis-client.key',
  }),
  REDIS_KEY_PREFIX: withDefault('sojourn:', redis.redisPrefix, {
    about: 'Stands before every key. Letters, digits, ".", "_", "-" and ":".',
  }),
  REDIS_CLUSTER_NODES: optional(redis.redisNodes, {
    about: 'Some nodes of a Redis Cluster, instead of REDIS_URL.',
    unit: 'comma-separated host:port',
    example: 'redis-1:6379,redis-2:6379',
  }),
  REDIS_SENTINELS: optional(redis.redisSentinels, {
    about: 'Sentinels that know where Redis is, instead of REDIS_URL.',
    unit: 'name@host:port,host:port; the name defaults to mymaster',
    example: 'mymaster@sentinel-1:26379,sentinel-2:26379',
  }),
  REDIS_SENTINEL_USERNAME: optional(line(256), {
    about:
      'The ACL user of the Sentinels, where they ask for one: they know nothing of those of Redis.',
    example: 'sojourn',
  }),
  REDIS_SENTINEL_PASSWORD: optional(line(1024), {
    about: 'The password of the Sentinels, where they ask for one.',
  }),
  REDIS_SENTINEL_SSL: optional(flag, {
    about: 'Use TLS to the Sentinels, with the certificates of Redis.',
    defaultNote: 'as to Redis',
    example: 'true',
  }),
  REDIS_ALLOW_PLAINTEXT: withDefault('false', flag, {
    about: 'Allow a remote Redis without TLS in production, for a network that nobody else is on.',
  }),
  REDIS_WAIT_REPLICAS: withDefault('0', wholeNumber(0, 16), {
    about:
      'How many replicas must have the end of a session before it counts (WAIT). Until then a sign-out is answered 503, and tried again.',
    unit: 'a number of replicas; 0: the primary is enough',
  }),
  REDIS_WAIT_TIMEOUT: withDefault('100', wholeNumber(1, 200), {
    about: 'How long REDIS_WAIT_REPLICAS are waited for.',
    unit: 'milliseconds',
  }),
  STORE_ALLOW_EVICTION: withDefault('false', flag, {
    about: 'Allow a Redis in production that may evict sessions when its memory is full.',
  }),
}
