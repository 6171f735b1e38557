import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { startRedis, startWith, waitFor, type RedisServer } from './redis-server.js'

/** A primary, its replica, and the sentinels that watch them. */
export interface Watched {
  readonly primary: RedisServer
  readonly replica: RedisServer
  readonly sentinels: readonly RedisServer[]
  /** What the sentinels call it. */
  readonly name: string
  /** The port of the primary, as a sentinel that answers says. */
  primaryPort(): Promise<number>
  stop(): Promise<void>
}

/** How they are made. */
export interface WatchedOptions {
  /** Default 3. */
  readonly sentinels?: number
  /** Milliseconds of silence after which a primary counts as gone. Default 1,000. */
  readonly downAfter?: number
  /** More command line for primary and replica. */
  readonly args?: readonly string[]
}

const NAME = 'main'

/** Starts a sentinel that watches the primary on `primaryPort` under `name`. */
export function startSentinel(
  primaryPort: number,
  name: string = NAME,
  { quorum = 1, downAfter = 30_000 }: { quorum?: number; downAfter?: number } = {},
): Promise<RedisServer> {
  return startWith(async (port, directory) => {
    const config = join(directory, 'sentinel.conf')
    const lines = [
      `sentinel monitor ${name} 127.0.0.1 ${String(primaryPort)} ${String(quorum)}`,
      `sentinel down-after-milliseconds ${name} ${String(downAfter)}`,
      `sentinel failover-timeout ${name} 4000`,
    ]
    await writeFile(config, `${lines.join('\n')}\n`)
    return [config, '--sentinel', '--port', String(port), '--bind', '127.0.0.1', '--dir', directory]
  })
}

/** Starts a replica of `primary`, and waits until it follows. */
export async function startReplica(
  primary: Pick<RedisServer, 'port'>,
  args: readonly string[] = [],
): Promise<RedisServer> {
  const replica = await startRedis({
    args: ['--replicaof', '127.0.0.1', String(primary.port), ...args],
  })
  await waitFor('the replica to follow', async () =>
    (await replica.cli('info', 'replication')).includes('master_link_status:up'),
  )
  return replica
}

/** Starts a primary with a replica, and sentinels that know both and each other. */
export async function startWatched(options: WatchedOptions = {}): Promise<Watched> {
  const { sentinels: most = 3, downAfter = 1_000, args = [] } = options
  const data = [...args, '--repl-diskless-sync-delay', '0']
  const primary = await startRedis({ args: data })
  const replica = await startReplica(primary, data)
  const quorum = Math.floor(most / 2) + 1
  const sentinels = await Promise.all(
    Array.from({ length: most }, () => startSentinel(primary.port, NAME, { quorum, downAfter })),
  )
  await waitFor('the sentinels to know each other', async () => {
    const texts = await Promise.all(sentinels.map((one) => one.cli('sentinel', 'master', NAME)))
    return texts.every(
      (text) =>
        valueOf(text, 'num-slaves') === '1' &&
        valueOf(text, 'num-other-sentinels') === String(most - 1),
    )
  })
  return {
    primary,
    replica,
    sentinels,
    name: NAME,
    primaryPort: () => primaryPort(sentinels),
    async stop() {
      await Promise.all([primary, replica, ...sentinels].map((server) => server.stop()))
    },
  }
}

async function primaryPort(sentinels: readonly RedisServer[]): Promise<number> {
  for (const sentinel of sentinels) {
    const answer = await sentinel.cli('sentinel', 'get-master-addr-by-name', NAME).catch(() => '')
    const port = Number(answer.split('\n')[1])
    if (port > 0) return port
  }
  throw new Error('no sentinel answers')
}

function valueOf(text: string, field: string): string | undefined {
  const lines = text.split('\n')
  return lines[lines.indexOf(field) + 1]
}
