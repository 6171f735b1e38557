import { createConnection } from 'node:net'

/**
 * One command to a Redis on the loopback interface over a connection of its own, and what `redis-cli` would print of the
 * answer. Starting that program takes some ten milliseconds of a core, and who waits for a cluster asks hundreds of times.
 */
export function callRedis(port: number, words: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = createConnection({ port, host: '127.0.0.1' })
    const received: Buffer[] = []
    const finish = (settle: () => void): void => {
      socket.destroy()
      settle()
    }
    const fail = (error: unknown): void => {
      finish(() => {
        const reason = error instanceof Error ? error.message : String(error)
        reject(new Error(`${words.join(' ')}: ${reason}`))
      })
    }
    socket.once('connect', () => socket.write(toRequest(words)))
    socket.once('error', fail)
    socket.once('close', () => {
      fail('the server closed the connection')
    })
    socket.on('data', (chunk) => {
      received.push(chunk)
      try {
        const answer = readAnswer(Buffer.concat(received), 0)
        if (answer === undefined) return
        finish(() => {
          resolve(answer.text.trim())
        })
      } catch (error) {
        fail(error)
      }
    })
  })
}

function toRequest(words: readonly string[]): string {
  const parts = words.map((word) => `$${String(Buffer.byteLength(word))}\r\n${word}\r\n`)
  return `*${String(words.length)}\r\n${parts.join('')}`
}

interface Answer {
  readonly text: string
  /** Where the next one begins. */
  readonly end: number
}

/** RESP 2. `undefined` where not all of it is here yet; an error of the server is thrown. */
function readAnswer(bytes: Buffer, at: number): Answer | undefined {
  const lineEnd = bytes.indexOf('\r\n', at)
  if (lineEnd === -1) return undefined
  const line = bytes.toString('utf8', at + 1, lineEnd)
  const next = lineEnd + 2
  switch (bytes.toString('latin1', at, at + 1)) {
    case '$':
      return readText(bytes, next, Number(line))
    case '*':
      return readList(bytes, next, Number(line))
    case '-':
      throw new Error(line)
    default:
      return { text: line, end: next }
  }
}

function readText(bytes: Buffer, at: number, length: number): Answer | undefined {
  if (length === -1) return { text: '', end: at }
  const end = at + length + 2
  return bytes.length < end ? undefined : { text: bytes.toString('utf8', at, end - 2), end }
}

function readList(bytes: Buffer, at: number, length: number): Answer | undefined {
  const texts: string[] = []
  let end = at
  for (let left = length; left > 0; left -= 1) {
    const item = readAnswer(bytes, end)
    if (item === undefined) return undefined
    texts.push(item.text)
    end = item.end
  }
  return { text: texts.join('\n'), end }
}
