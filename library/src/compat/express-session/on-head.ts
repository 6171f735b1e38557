import type { ServerResponse } from 'node:http'

type WriteHead = (...args: unknown[]) => unknown

/**
 * Calls `listener` once, when the head of the answer is about to be written. Headers that the application gives to
 * `writeHead` are set before, so that the listener sees them and can add to them.
 */
export function onHead(response: ServerResponse, listener: () => void): void {
  const target = response as unknown as { writeHead: WriteHead }
  const inner = target.writeHead
  let isDone = false
  target.writeHead = function writeHead(this: ServerResponse, status, ...others) {
    // Node tells `writeHead()` from `writeHead(undefined)` by nothing.
    const args = [status, ...others]
    if (isDone) return inner.apply(this, args)
    isDone = true
    const rest = setHeaders(this, args)
    listener()
    return inner.apply(this, rest)
  }
}

/** Sets the headers among the arguments of `writeHead`; answers the other arguments. */
function setHeaders(response: ServerResponse, args: unknown[]): unknown[] {
  const at = typeof args[1] === 'string' ? 2 : 1
  const headers = args[at]
  if (args[0] !== undefined) response.statusCode = args[0] as number
  if (typeof headers !== 'object' || headers === null) return args.slice(0, at)
  if (Array.isArray(headers)) setPairs(response, headers)
  else {
    for (const [name, value] of Object.entries(headers as Record<string, string>)) {
      if (name !== '') response.setHeader(name, value)
    }
  }
  return args.slice(0, at)
}

/** `[[name, value], …]`, or the flat list that Node knows: there a name may come several times. */
function setPairs(response: ServerResponse, headers: readonly unknown[]): void {
  if (Array.isArray(headers[0])) {
    for (const [name, value] of headers as [string, string][]) response.setHeader(name, value)
    return
  }
  if (headers.length % 2 !== 0) throw new TypeError('headers array is malformed')
  const names = headers.filter((_, index) => index % 2 === 0) as string[]
  for (const name of names) response.removeHeader(name)
  for (const [index, name] of names.entries()) {
    response.appendHeader(name, headers[index * 2 + 1] as string)
  }
}
