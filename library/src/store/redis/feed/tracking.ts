import type { Ears, IoRedisSubscriber, NodeRedisSubscriber } from './subscriber.js'

/**
 * How a connection is told of every key that anybody writes: CLIENT TRACKING in broadcasting mode, redirected to the
 * connection itself, so that what it tells comes in one order with messages and PONGs, and ends when the connection does.
 */
export type Track = (prefixes: readonly string[]) => Promise<void>

/** What a library does in its own way. */
interface Tracking {
  readonly track: Track
  close(): void
}

/** Where Redis tells it to a connection that speaks RESP2. */
const CHANNEL = '__redis__:invalidate'

type SendWords = (...words: string[]) => Promise<unknown>

async function begin(send: SendWords, prefixes: readonly string[]): Promise<void> {
  const own = String(await send('CLIENT', 'ID'))
  // Prefixes that are tracked already would be refused.
  await send('CLIENT', 'TRACKING', 'OFF')
  const words = prefixes.flatMap((prefix) => ['PREFIX', prefix])
  await send('CLIENT', 'TRACKING', 'ON', 'REDIRECT', own, 'BCAST', ...words)
}

interface NodeRedisWords {
  sendCommand(words: readonly string[]): Promise<unknown>
  unsubscribe(): Promise<unknown>
  subscribe(channel: string, listener: (keys: unknown) => void): Promise<unknown>
  unsubscribe(channel: string, listener: (keys: unknown) => void): Promise<unknown>
}

/** With RESP3 the client has to be made with `emitInvalidate: true`, or keeps what it is told to itself. */
export function trackOverNodeRedis(client: NodeRedisSubscriber, ears: Ears): Tracking {
  const words = client as unknown as NodeRedisWords
  const onList = (keys: unknown): void => {
    ears.onKeys?.(Array.isArray(keys) ? keys.map(String) : undefined)
  }
  const onKey = (key: unknown): void => {
    // A Buffer, or nothing where all keys were dropped.
    const isAll = key === null || key === undefined
    ears.onKeys?.(isAll ? undefined : [(key as Buffer).toString()])
  }
  let isTracking = false
  return {
    async track(prefixes) {
      if (!isTracking) client.on('invalidate', onKey)
      isTracking = true
      // It subscribes again by itself after a reconnection, and while it is subscribed RESP2 allows of nothing else.
      if (client.isPubSubActive) await words.unsubscribe()
      await begin((...command) => words.sendCommand(command), prefixes)
      await words.subscribe(CHANNEL, onList)
    },
    close() {
      if (!isTracking) return
      client.off('invalidate', onKey)
      quietly(() => words.unsubscribe(CHANNEL, onList))
    },
  }
}

interface IoRedisWords {
  call(...words: string[]): Promise<unknown>
  unsubscribe(): Promise<unknown>
}

/** With RESP3 (`protocol: 3`, the default of version 6) the client keeps what it is told to itself. */
export function trackOverIoRedis(client: IoRedisSubscriber, ears: Ears): Tracking {
  const words = client as unknown as IoRedisWords
  // It makes one text of the list of keys. Ours have no commas; what begins like one of ours and has some is nobody's.
  const onMessage = (channel: string, keys: string): void => {
    if (channel === CHANNEL) ears.onKeys?.(keys === '' ? undefined : keys.split(','))
  }
  let isTracking = false
  return {
    async track(prefixes) {
      if (!isTracking) client.on('message', onMessage)
      isTracking = true
      await words.unsubscribe()
      await begin((...command) => words.call(...command), prefixes)
      await client.subscribe(CHANNEL)
    },
    close() {
      if (!isTracking) return
      client.off('message', onMessage)
      quietly(() => client.unsubscribe(CHANNEL))
    },
  }
}

/** What is lost with the connection need not be ended on it. */
function quietly(work: () => Promise<unknown>): void {
  const settle = async (): Promise<unknown> => work()
  settle().catch(() => undefined)
}
