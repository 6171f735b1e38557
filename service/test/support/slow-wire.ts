import { connect, createServer, type AddressInfo, type Socket } from 'node:net'

/** A wire that takes its time: what overlaps only by luck on a fast one, overlaps on this. */
export interface SlowWire {
  readonly port: number
  close(): Promise<void>
}

/** Stands in front of `targetPort` and passes everything on `delay` milliseconds later, in both directions. */
export async function startSlowWire(targetPort: number, delay: number): Promise<SlowWire> {
  const sockets = new Set<Socket>()
  const server = createServer((client) => {
    const target = connect(targetPort, '127.0.0.1')
    for (const [from, to] of [
      [client, target],
      [target, client],
    ] as const) {
      sockets.add(from.setNoDelay(true))
      from.on('data', (chunk) => setTimeout(() => to.write(chunk), delay))
      from.on('error', () => undefined)
      from.on('close', () => {
        sockets.delete(from)
        to.destroy()
      })
    }
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    port: (server.address() as AddressInfo).port,
    async close() {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
