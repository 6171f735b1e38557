import { InvalidOption } from '../../../errors.js'
import type { RedisClient } from '../client.js'
import type { Keys } from '../keys.js'
import type { RedisStoreOptions, RedisStoreSettings } from '../options.js'
import type { Run } from '../runner.js'
import { LEAVE_TRACE, LISTEN, LISTEN_CLUSTER } from '../scripts/listen.js'
import { randomToken } from '../../../system/random.js'
import { allBuckets } from '../../bucket.js'
import { ClusterListening, type AskNode } from './cluster-listening.js'
import { createFeed, type RedisFeed } from './feed.js'
import { TRACKED_KINDS, type TrackedKeys } from './keys-written.js'
import { Listening, type AskWriters } from './listening.js'
import { MadeLine, type OpenSubscriber, type RedisNode } from './made-line.js'
import { toLine, type OpenLine, type RedisSubscriber } from './subscriber.js'

/** What a feed is made of. */
export interface FeedParts {
  readonly options: RedisStoreOptions
  readonly settings: RedisStoreSettings
  readonly run: Run
  readonly keys: Keys
}

/** Any bucket will do where there is one server: what is asked for is what scripts make of a key's beginning. */
const [ANY = ''] = allBuckets()

/**
 * The feed of a store, where it was given something to listen on.
 *
 * @throws InvalidOption where the client and that do not go together.
 */
export function openFeed(parts: FeedParts): RedisFeed | undefined {
  const { subscriber, client } = parts.options
  const { endingsKeptFor } = parts.settings
  if (subscriber === undefined) return undefined
  assertKnown(client)
  const listPrimaries = toPrimaries(client)
  if (typeof subscriber !== 'function') {
    if (isMany(client)) refuse('a cluster needs a function in its place')
    const openLine = toLine(subscriber) ?? refuse('it is not one connection')
    return createFeed({ listen: listenTo(openLine, parts), endingsKeptFor })
  }
  if (listPrimaries === undefined) {
    return refuse('a function can be given for clusters and for Sentinel clients of node-redis')
  }
  if (!isMany(client)) {
    const findNode = (): RedisNode | undefined => listPrimaries()[0]
    const openLine: OpenLine = (ears) => new MadeLine({ open: subscriber, findNode }, ears)
    return createFeed({ listen: listenTo(openLine, parts), endingsKeptFor })
  }
  if (parts.settings.outsideChanges === 'tracking') {
    throw new InvalidOption("option outsideChanges: 'tracking' is not available for clusters yet.")
  }
  return createFeed({ listen: listenToAll(subscriber, listPrimaries, parts), endingsKeptFor })
}

type Listen = Parameters<typeof createFeed>[0]['listen']

function listenTo(openLine: OpenLine, { settings, run, keys }: FeedParts): Listen {
  const { clock, heartbeat, outsideChanges } = settings
  const askWriters: AskWriters = async (word) => {
    const { now, words } = await run(LISTEN, keys.listening(ANY, ''), word)
    return { now, channel: words[0] ?? '' }
  }
  const tracked = outsideChanges === 'tracking' ? trackedKeys(run, keys) : undefined
  return (events) => new Listening({ ...events, openLine, askWriters, clock, heartbeat, tracked })
}

function trackedKeys(run: Run, keys: Keys): TrackedKeys {
  return {
    prefixes: (home) => TRACKED_KINDS.map((kind) => `${home}${kind}{`),
    leaveTrace() {
      const word = randomToken(9)
      return { word, left: run(LEAVE_TRACE, keys.listening(ANY, word)) }
    },
  }
}

function listenToAll(
  open: OpenSubscriber,
  listPrimaries: () => readonly RedisNode[],
  { settings, run, keys }: FeedParts,
): Listen {
  const { clock, heartbeat } = settings
  const askNode: AskNode = async (bucket, channels) => {
    const key = keys.listening(bucket, '')
    const { now, words } = await run(LISTEN_CLUSTER, key, ...channels)
    const [channel = '', counts = '', view = ''] = words
    return { now, channel, counts: counts.split(' ').map(Number), view }
  }
  return (events) =>
    new ClusterListening({ ...events, open, listPrimaries, askNode, clock, heartbeat })
}

/** What the libraries know of nodes; each client has only some of it. */
interface Shape {
  readonly evalSha?: unknown
  readonly evalsha?: unknown
  readonly isCluster?: unknown
  readonly masters?: readonly RedisNode[]
  nodes?(role: 'master'): readonly { readonly options: Partial<RedisNode> }[]
  getMasterNode?(): RedisNode | undefined
}

/** Whether messages come from several nodes. */
function isMany(client: RedisClient): boolean {
  const shape = client as Shape
  return shape.isCluster === true || shape.masters !== undefined
}

/** The primaries that a client of several servers knows at the moment. `undefined`: it is none. */
function toPrimaries(client: RedisClient): (() => readonly RedisNode[]) | undefined {
  const shape = client as Shape
  if (shape.isCluster === true) {
    return () => (shape.nodes?.('master') ?? []).flatMap(({ options }) => toNode(options))
  }
  if (shape.masters !== undefined) return () => (shape.masters ?? []).flatMap(toNode)
  if (typeof shape.getMasterNode !== 'function') return undefined
  return () => toNode(shape.getMasterNode?.() ?? {})
}

function toNode({ host, port }: Partial<RedisNode>): RedisNode[] {
  return host === undefined || port === undefined ? [] : [{ host, port }]
}

function assertKnown(client: RedisClient): void {
  const { evalSha, evalsha } = client as Shape
  if (evalSha === undefined && evalsha === undefined) refuse('valkey-glide cannot be listened on')
}

function refuse(why: string): never {
  throw new InvalidOption(
    `option subscriber does not fit option client: ${why}. The near cache is not available for valkey-glide ` +
      'yet; for a cluster, and for a Sentinel client of redis (node-redis), subscriber is a function ' +
      '({ host, port }) => client; otherwise it is one connection of redis (node-redis), ioredis or iovalkey.',
  )
}

/** What `openFeed` takes: a connection, or how to make one. */
export type SubscriberOption = RedisSubscriber | OpenSubscriber
