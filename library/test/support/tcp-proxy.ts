import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net'

/** A wire that can be cut: stands between a client and a server on the loopback interface. */
export interface TcpProxy {
  readonly port: number
  /** Closes every connection and takes no new one: "connection refused". */
  refuse(): Promise<void>
  /** Takes connections again, on the same port. */
  accept(): Promise<void>
  /** Keeps connections open and passes nothing on, in either direction: packets fall into a hole. */
  swallow(): void
  /** Passes on again; what was swallowed is lost. */
  passOn(): void
  /** Closes every connection, once; new ones are taken. */
  cut(): void
  close(): Promise<void>
}

/** Starts a proxy in front of `targetPort`. */
export async function startProxy(targetPort: number): Promise<TcpProxy> {
  const sockets = new Set<Socket>()
  let isSwallowing = false
  const server = createServer((client) => {
    const target = connect(targetPort, '127.0.0.1')
    for (const [from, to] of [
      [client, target],
      [target, client],
    ] as const) {
      sockets.add(from)
      from.on('data', (chunk) => {
        if (!isSwallowing) to.write(chunk)
      })
      from.on('error', () => undefined)
      from.on('close', () => {
        sockets.delete(from)
        to.destroy()
      })
    }
  })
  const port = await listen(server, 0)
  const cut = (): void => {
    for (const socket of sockets) socket.destroy()
  }
  const refuse = async (): Promise<void> => {
    const closed = new Promise<void>((resolve) => server.close(() => resolve()))
    cut()
    if (server.listening) await closed
  }
  return {
    port,
    cut,
    refuse,
    async accept() {
      if (!server.listening) await listen(server, port)
    },
    swallow() {
      isSwallowing = true
    },
    passOn() {
      isSwallowing = false
    },
    close: refuse,
  }
}

function listen(server: Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, '127.0.0.1', () => {
      server.off('error', reject)
      resolve((server.address() as AddressInfo).port)
    })
  })
}
