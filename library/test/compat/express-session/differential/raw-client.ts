import { connect } from 'node:net'

export interface Sent {
  readonly method?: string
  readonly path?: string
  readonly version?: '1.0' | '1.1'
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
}

export interface Answer {
  /** Everything that came over the wire, but for the Date line. */
  readonly text: string
  readonly status: number
  /** The lines of the head, in the order sent. */
  readonly head: readonly string[]
  /** The values of the Set-Cookie lines. */
  readonly cookies: readonly string[]
  /** What follows the head, as sent: chunk sizes included. */
  readonly body: string
}

/** A request as bytes; the connection closes after the answer, so that its end needs no parsing. */
export function requestText({
  method = 'GET',
  path = '/',
  version = '1.1',
  ...rest
}: Sent): string {
  const headers = { Host: 'localhost', Connection: 'close', ...rest.headers }
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
  return `${method} ${path} HTTP/${version}\r\n${lines.join('')}\r\n${rest.body ?? ''}`
}

const PATIENCE = 2000

/** Sends the bytes and returns all that comes back until the server closes; never hangs. */
export function exchange(port: number, text: string): Promise<string> {
  return new Promise((resolve) => {
    const parts: Buffer[] = []
    const socket = connect(port, '127.0.0.1', () => socket.write(text, 'latin1'))
    const finish = (note: string): void => {
      clearTimeout(timer)
      socket.destroy()
      resolve(withoutDate(Buffer.concat(parts).toString('latin1')) + note)
    }
    const timer = setTimeout(() => finish('<no end of the answer>'), PATIENCE)
    socket.on('data', (part) => parts.push(part))
    socket.on('end', () => finish(''))
    socket.on('error', (error: NodeJS.ErrnoException) => finish(`<${String(error.code)}>`))
  })
}

export function withoutDate(text: string): string {
  return text.replaceAll(/\r\nDate: [^\r]*/g, '')
}

export function parseAnswer(text: string): Answer {
  const end = text.indexOf('\r\n\r\n')
  const head = (end === -1 ? text : text.slice(0, end)).split('\r\n')
  const body = end === -1 ? '' : text.slice(end + 4)
  const cookies = head.flatMap((line) => /^set-cookie: (.*)$/i.exec(line)?.[1] ?? [])
  return { text, head, body, cookies, status: Number(head[0]?.split(' ')[1]) }
}
