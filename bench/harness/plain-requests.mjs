import { Agent, request } from 'node:http'

/**
 * One request after the other over one connection, with the bytes that went each way. For what has to be exact; load is
 * load.mjs' business.
 */
export function openConnection({ port }) {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  let socket
  return {
    async ask(path, headers, method = 'GET') {
      const asked = request({ host: '127.0.0.1', port, path, method, agent, headers })
      asked.end()
      return new Promise((resolve, reject) => {
        asked.once('error', reject)
        asked.once('response', (response) => {
          socket = response.socket
          response.resume()
          response.once('error', reject)
          response.once('end', () => resolve(response.statusCode))
        })
      })
    },
    bytes: () => ({ sent: socket?.bytesWritten ?? 0, received: socket?.bytesRead ?? 0 }),
    close: () => agent.destroy(),
  }
}
