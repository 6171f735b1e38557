import { connect } from 'node:net'

/** When a client hangs up: with the request just sent, or at the first byte of an answer that it never reads. */
export type Moment = 'sent' | 'answered'

/** Sends JSON and hangs up without an answer, as a phone does in a tunnel. */
export function hangUp(port: number, path: string, body: object, moment: Moment): Promise<void> {
  const text = JSON.stringify(body)
  const head = [
    `POST ${path} HTTP/1.1`,
    `Host: 127.0.0.1:${port}`,
    'Content-Type: application/json',
    `Content-Length: ${Buffer.byteLength(text)}`,
  ]
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1')
    socket.on('error', reject)
    socket.on('close', () => {
      resolve()
    })
    socket.once('data', () => socket.destroy())
    socket.write(`${head.join('\r\n')}\r\n\r\n${text}`, () => {
      if (moment === 'sent') socket.destroy()
    })
  })
}
