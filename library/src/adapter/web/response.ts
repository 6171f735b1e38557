import type { HeaderTarget } from '../../response/outgoing.js'
import { applyReply, type Reply } from '../neutral/reply.js'

/** `Headers`, written to as those of a Node response are. */
export function toHeaderTarget(headers: Headers): HeaderTarget {
  return {
    getHeader(name) {
      if (name.toLowerCase() !== 'set-cookie') return headers.get(name) ?? undefined
      const cookies = headers.getSetCookie()
      return cookies.length === 0 ? undefined : cookies
    },
    setHeader(name, value) {
      if (typeof value === 'string') {
        headers.set(name, value)
        return
      }
      headers.delete(name)
      for (const line of value) headers.append(name, line)
    },
  }
}

/** A reply as a web `Response`. */
export function toResponse(reply: Reply, headers: Headers = new Headers()): Response {
  applyReply(toHeaderTarget(headers), reply)
  return new Response(reply.body ?? null, { status: reply.status, headers })
}

/** Lets `write` at the headers of a response; one whose headers cannot be changed (a redirect, what `fetch` answered) is copied. */
export function withHeaders(response: Response, write: (headers: Headers) => void): Response {
  try {
    write(response.headers)
    return response
  } catch (error) {
    // An upgrade, and what is no answer at all, cannot be copied, and carries no session.
    if (!(error instanceof TypeError) || response.status < 200) return response
  }
  const { body, status, statusText } = response
  const headers = new Headers(response.headers)
  write(headers)
  return new Response(body, { status, statusText, headers })
}

/** The head of an answer alone. */
export function withoutBody(response: Response): Response {
  const { status, statusText } = response
  const headers = new Headers(response.headers)
  response.body?.cancel().catch(() => undefined)
  return new Response(null, { status, statusText, headers })
}
