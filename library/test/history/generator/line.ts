import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import { startProxy } from '../../support/tcp-proxy.js'

/** A way from a process to Redis that can be cut, refused, silent, or slow to deliver. */
export interface Line {
  readonly port: number
  /** Closes every connection, once. */
  cut(): void
  /** Takes no connections, until `accept`. */
  refuse(): Promise<void>
  accept(): Promise<void>
  /** Passes nothing on, for ever: these connections have to be cut afterwards. */
  swallow(): void
  /** New connections are passed on again. */
  passOn(): void
  /** Passes nothing on until `deliver`, and then everything, in order: as when packets are lost and sent again. */
  stall(): void
  deliver(): void
  close(): Promise<void>
}

/** A proxy that stalls in front of one that does the rest. */
export async function openLine(targetPort: number): Promise<Line> {
  const proxy = await startProxy(targetPort)
  const sockets = new Set<Socket>()
  let isStalled = false
  const server = createServer((client) => {
    const target = connect(proxy.port, '127.0.0.1')
    for (const [from, to] of [
      [client, target],
      [target, client],
    ] as const) {
      sockets.add(from)
      from.on('data', (chunk) => to.write(chunk))
      if (isStalled) from.pause()
      from.on('error', () => undefined)
      from.on('close', () => {
        sockets.delete(from)
        to.destroy()
      })
    }
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    ...proxy,
    port: (server.address() as AddressInfo).port,
    stall() {
      isStalled = true
      for (const socket of sockets) socket.pause()
    },
    deliver() {
      isStalled = false
      for (const socket of sockets) socket.resume()
    },
    async close() {
      for (const socket of sockets) socket.destroy()
      server.close()
      await proxy.close()
    },
  }
}
