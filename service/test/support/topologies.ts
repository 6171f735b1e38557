import { makeCertificates, type Certificates } from '../../../library/test/support/certificates.js'
import { startCluster } from '../../../library/test/support/redis-cluster.js'
import { startWatched } from '../../../library/test/support/redis-sentinel.js'
import { startRedis, type RedisServer } from '../../../library/test/support/redis-server.js'
import type { Environment } from './service.js'

/** A Redis that is more than one server, or asks who calls. */
export interface Topology {
  readonly environment: Environment
  /** Those that hold sessions and take writes, as long as nobody fails. */
  readonly primaries: readonly RedisServer[]
  readonly replicas: readonly RedisServer[]
  stop(): Promise<void>
}

/** What the guide says that an ACL user needs for sessions, and nothing else. */
export const SESSION_RIGHTS: readonly string[] = [
  ...['~sojourn:*', '&sojourn:changes', '+eval', '+evalsha', '+@hash', '+@sortedset', '+del'],
  ...['+unlink', '+exists', '+rename', '+pexpire', '+pttl', '+time', '+publish', '+subscribe'],
  ...['+unsubscribe', '+ping'],
]
/** Without characters that an address would have to encode. */
export const LOGIN = { username: 'app', password: 'aGoodPassword9' }

/** 3 primaries and 3 replicas; the address is that of one node, as if it were all there is. */
export async function startClusterTopology(): Promise<Topology> {
  // Nothing here is about who counts as gone, and these machines may be busy.
  const cluster = await startCluster({ replicas: 1, nodeTimeout: 5_000 })
  return {
    environment: { REDIS_URL: cluster.nodes[1]?.url },
    primaries: cluster.primaries,
    replicas: cluster.replicas,
    stop: () => cluster.stop(),
  }
}

/** A primary with a replica, and three Sentinels that ask for a password of their own. */
export async function startSentinelTopology(): Promise<Topology> {
  // Nothing here is about their judgement, and these machines may be busy.
  const watched = await startWatched({ downAfter: 30_000 })
  const password = 'a password of the Sentinels'
  // They go on asking each other with their old connections.
  for (const one of watched.sentinels) {
    await one.cli('acl', 'setuser', 'default', 'resetpass', `>${password}`)
  }
  const nodes = watched.sentinels.map(({ port }) => `127.0.0.1:${String(port)}`)
  return {
    environment: {
      REDIS_URL: `redis-sentinel://${nodes.join()}/${watched.name}/3`,
      REDIS_SENTINEL_PASSWORD: password,
    },
    primaries: [watched.primary],
    replicas: [watched.replica],
    stop: () => watched.stop(),
  }
}

/** One server that speaks TLS, wants a certificate of who calls, and knows a user with few rights. */
export async function startTlsTopology(): Promise<Topology & { certificates: Certificates }> {
  const certificates = makeCertificates()
  const server = await startRedis({ tls: { certificates, asksWhoCalls: true } })
  const { username, password } = LOGIN
  await server.cli('acl', 'setuser', username, 'reset', 'on', `>${password}`, ...SESSION_RIGHTS)
  return {
    environment: {
      REDIS_URL: server.url.replace('//', `//${username}:${password}@`),
      REDIS_CA_FILE: certificates.authority,
      REDIS_CERT_FILE: certificates.client,
      REDIS_KEY_FILE: certificates.key,
    },
    primaries: [server],
    replicas: [],
    certificates,
    async stop() {
      await server.stop()
      certificates.remove()
    },
  }
}
