import type { Call, Method } from './holdable-response.js'

/** What is asked of a response to speak directly. */
interface Target {
  readonly headersSent: boolean
  readonly statusCode: number
  getHeaders(): Readonly<Record<string, unknown>>
  setHeader(name: string, value: string): unknown
}

/**
 * `response` as it was when `inner` were its methods. Wrappers put around it since then (a compression
 * stream that has already chosen an encoding, and may have seen its `end`) do not see what is said here;
 * everything but the four methods is the response itself.
 */
export function directResponse<Response extends Target>(
  response: Response,
  inner: Readonly<Record<Method, Call>>,
  during: (speak: () => unknown) => unknown,
): Response {
  const direct: Readonly<Record<Method, Call>> = {
    writeHead: (...args) => during(() => inner.writeHead.apply(response, args)),
    write: (...args) =>
      during(() => {
        sayHead(response, inner)
        return inner.write.apply(response, args)
      }),
    end: (...args) =>
      during(() => {
        sayHead(response, inner, args)
        return inner.end.apply(response, args)
      }),
    flushHeaders: () =>
      during(() => {
        sayHead(response, inner)
        return inner.flushHeaders.call(response)
      }),
  }
  return new Proxy(response, {
    get: (target, key) =>
      Object.hasOwn(direct, key) ? direct[key as Method] : Reflect.get(target, key),
  })
}

/** Node would say the implicit head through `response.writeHead`, which a wrapper may have taken over. */
function sayHead(
  response: Target,
  inner: Readonly<Record<Method, Call>>,
  ending?: readonly unknown[],
): void {
  if (response.headersSent) return
  const [chunk, encoding] = ending ?? []
  const named = response.getHeaders()
  const isText = typeof chunk === 'string'
  if ((isText || Buffer.isBuffer(chunk)) && !('content-length' in named)) {
    const bytes = isText ? Buffer.byteLength(chunk, encoding as BufferEncoding) : chunk.length
    response.setHeader('Content-Length', String(bytes))
  }
  inner.writeHead.call(response, response.statusCode)
}
