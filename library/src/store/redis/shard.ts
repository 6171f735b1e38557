import { slotOf } from './feed/slot.js'

/** What clients of a cluster know of its slots: node-redis 4 to 6, ioredis and iovalkey. */
interface Shape {
  readonly options?: { readonly keyPrefix?: string | undefined } | undefined
  readonly _keyPrefix?: string | Buffer | undefined
  readonly isCluster?: unknown
  readonly nodeClient?: unknown
  /** Of node-redis the node itself; of ioredis the addresses of the nodes, the primary first. */
  readonly slots?: readonly (
    { readonly master: { readonly address: string } } | readonly string[] | undefined
  )[]
}

/**
 * Tells which node of a cluster holds a bucket, as the client believes at the moment: after a failover it is another,
 * and what was learnt of the old one is of no use any more. `undefined` where the client is no cluster, or (valkey-glide)
 * does not tell.
 */
export function toShardOf(
  client: object,
  keyPrefix: string,
): ((bucket: string) => string | undefined) | undefined {
  const shape = client as Shape
  if (shape.isCluster !== true && typeof shape.nodeClient !== 'function') return undefined
  const prefix = `${(shape._keyPrefix ?? shape.options?.keyPrefix ?? '').toString()}${keyPrefix}`
  return (bucket) => {
    const node = shape.slots?.[slotOf(`${prefix}s{${bucket}}`)]
    if (node === undefined) return undefined
    return 'master' in node ? node.master.address : node[0]
  }
}
