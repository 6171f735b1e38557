import { connect } from 'node:net'

/** Sends bytes as they are, and answers everything that comes back until the other side closes, or it has been quiet. */
export function speak(port: number, text: string | Buffer, quietFor = 2_000): Promise<string> {
  return new Promise((resolve) => {
    let heard = ''
    const socket = connect(port, '127.0.0.1', () => socket.write(text))
    const finish = (): void => {
      socket.destroy()
      resolve(heard)
    }
    socket.setTimeout(quietFor, finish)
    socket.on('data', (chunk) => {
      heard += chunk.toString('latin1')
    })
    socket.on('close', finish).on('error', finish)
  })
}
