import { Agent, request as httpRequest, type IncomingHttpHeaders } from 'node:http'

/** What came back; `undefined`: the connection was refused or cut. `late`: nobody waited any longer. */
export type Answer =
  | { readonly status: number; readonly headers: IncomingHttpHeaders; readonly body: Body }
  | 'cut'
  | 'late'

/** What the applications answer, all in one. */
export interface Body {
  readonly id?: string
  readonly subject?: string
  readonly data?: Record<string, unknown>
  readonly sum?: number
  readonly ids?: string[]
  readonly live?: { id: string; subject: string }[]
  readonly accessToken?: string
  readonly refreshToken?: string
  readonly reason?: string
}

/** How an operation is asked for. */
export interface Ask {
  readonly method: 'GET' | 'POST'
  readonly path: string
  readonly headers?: Record<string, string>
  readonly body?: object
}

/** A client that keeps its connections, and tells apart what is unknown from what is known. */
export interface Wire {
  send(port: number, ask: Ask): Promise<Answer>
  close(): void
}

/** @param patience - milliseconds after which an answer is not waited for any longer. */
export function createWire(patience: number): Wire {
  const agent = new Agent({ keepAlive: true })
  return {
    close: () => agent.destroy(),
    send: (port, { method, path, headers = {}, body }) =>
      new Promise((resolve) => {
        const text = body === undefined ? '' : JSON.stringify(body)
        const request = httpRequest(
          {
            ...{ agent, host: '127.0.0.1', port, method, path },
            headers: {
              ...{ host: 'localhost', 'content-type': 'application/json' },
              ...{ 'content-length': String(Buffer.byteLength(text)), ...headers },
            },
          },
          (answer) => {
            let said = ''
            answer.setEncoding('utf8').on('data', (part: string) => (said += part))
            answer.on('error', () => resolve('cut'))
            answer.on('end', () => {
              resolve({
                status: answer.statusCode ?? 0,
                headers: answer.headers,
                body: toBody(said),
              })
            })
          },
        )
        request.setTimeout(patience, () => {
          resolve('late')
          request.destroy()
        })
        request.on('error', () => resolve('cut'))
        request.end(text)
      }),
  }
}

function toBody(text: string): Body {
  try {
    return JSON.parse(text) as Body
  } catch {
    return {}
  }
}
