/** Clients of node-redis for each topology, and questions to single servers. */
import { createClient, createCluster } from 'redis'
import type { RedisConfig } from '../config/config.js'
import type { RedisNode } from '../config/redis-readers.js'
import { PrimaryFollower, type PlainClient } from './follower.js'

/** With the half second in which the circuit breaker looks again, people are back within one. */
const RECONNECT_AT_MOST = 250
/** After how long without one of its nodes a cluster is asked who they are now. */
const ASK_FOR_NODES_AFTER = 250
/** How long a server is asked, all in all. */
const ASK_WITHIN = 2_000

/** A client of node-redis, not connected yet. */
export function createRedisClient(redis: RedisConfig): unknown {
  const socket = {
    connectTimeout: 1_000,
    reconnectStrategy: (tries: number) => Math.min(50 * (tries + 1), RECONNECT_AT_MOST),
    ...(redis.isTls ? toTls(redis) : {}),
  }
  // Nothing is queued while the connection is away: a write that comes late could undo what came after it.
  const common = { ...toLogin(redis), socket, disableOfflineQueue: true }
  const [first = { host: 'localhost', port: 6379 }] = redis.nodes
  switch (redis.topology) {
    case 'cluster':
      return createCluster({
        rootNodes: redis.nodes.map((node) => ({ socket: { ...socket, ...node } as never })),
        defaults: common,
        // A node that went away may have a successor; by itself the client asks after five seconds (fault F11).
        topologyRefreshOnReconnectionAttemptStrategy: ASK_FOR_NODES_AFTER,
      })
    case 'sentinel':
      return new PrimaryFollower({
        askPrimary: () => askPrimary(redis),
        open: (node) =>
          createClient({
            ...common,
            socket: { ...socket, ...node, reconnectStrategy: false as const },
            database: redis.database,
          }) as unknown as PlainClient,
      })
    case 'single':
      return createClient({
        ...common,
        socket: { ...socket, ...first } as never,
        database: redis.database,
      })
  }
}

/** A client of one primary of a cluster or behind Sentinel, not connected yet. It does not come back by itself. */
export function createNodeClient(redis: RedisConfig, { host, port }: RedisNode): unknown {
  const tls = redis.isTls ? toTls(redis) : {}
  return createClient({
    ...toLogin(redis),
    socket: { host, port, connectTimeout: 1_000, reconnectStrategy: false as const, ...tls },
    disableOfflineQueue: true,
    ...(redis.topology === 'sentinel' ? { database: redis.database } : {}),
  })
}

/** Where the first of the Sentinels that answers says that the primary is: one that is away keeps nobody waiting. */
async function askPrimary(redis: RedisConfig): Promise<RedisNode> {
  const name = redis.masterName ?? 'mymaster'
  const ask = async (send: SendCommand): Promise<RedisNode> => {
    const address = await send(['SENTINEL', 'GET-MASTER-ADDR-BY-NAME', name])
    if (!Array.isArray(address)) throw new Error(`the Sentinels know nothing by the name ${name}`)
    return { host: String(address[0]), port: Number(address[1]) }
  }
  const access = { ...redis, ...redis.sentinel }
  return Promise.any(redis.nodes.map((node) => askServer(access, node, ask)))
}

type Login = Pick<RedisConfig, 'username' | 'password'>

function toTls({ ca, identity }: Pick<RedisConfig, 'ca' | 'identity'>) {
  return {
    tls: true as const,
    ...(ca === undefined ? {} : { ca }),
    ...(identity === undefined ? {} : { cert: identity.certificate, key: identity.key.reveal() }),
  }
}

function toLogin({ username, password }: Login) {
  return {
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { password: password.reveal() }),
  }
}

/** Sends one command, word by word, on a connection to one server. */
export type SendCommand = (words: readonly string[]) => Promise<unknown>

/** How one server is spoken to. */
export type Access = Login & Pick<RedisConfig, 'isTls' | 'ca' | 'identity'>

/** Asks one server by itself, whatever it is part of, and parts from it. Fails where it cannot be reached. */
export async function askServer<Answer>(
  access: Access,
  node: RedisNode,
  ask: (send: SendCommand) => Promise<Answer>,
): Promise<Answer> {
  const tls = access.isTls ? toTls(access) : {}
  const { host, port } = node
  const socket = { host, port, connectTimeout: 1_000, reconnectStrategy: false as const, ...tls }
  // The older protocol: its replies are lists, whatever the command.
  const client = createClient({ ...toLogin(access), socket, RESP: 2, disableOfflineQueue: true })
  client.on('error', () => undefined)
  let isLate = false as boolean
  const timer = setTimeout(() => {
    isLate = true
    client.destroy()
  }, ASK_WITHIN)
  try {
    await client.connect()
    return await ask(async (words) => client.sendCommand([...words]))
  } catch (error) {
    if (isLate) throw new Error(`no answer within ${String(ASK_WITHIN)} ms`, { cause: error })
    throw error
  } finally {
    clearTimeout(timer)
    if (client.isOpen) client.destroy()
  }
}
