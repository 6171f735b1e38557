import type { Platform } from './platform.js'
import type { Refresh } from './refresh.js'
import { problemOf, readRefusal } from './trouble.js'
import type { View } from './view.js'

const SAFE = /^(GET|HEAD|OPTIONS)$/

export interface WrappedFetchParts {
  readonly platform: Platform
  readonly view: View
  readonly refresh: Refresh | undefined
  /** Where the service is. */
  readonly origin: string
  /** Where it gives tokens against forgery; undefined: it wants none. */
  readonly csrfAddress: string | undefined
}

/**
 * `fetch` for requests to the service: adds the token against forgery once the service has asked for it, and sends a request
 * again after a 401 that a refresh could mend. Once. Requests to other origins pass untouched.
 */
export function wrapFetch(parts: WrappedFetchParts): typeof globalThis.fetch {
  const { platform, view, origin } = parts
  const isSameOrigin = new URL(platform.address()).origin === origin
  const send = createSend(parts)
  return async (input, init) => {
    const isRequest = input instanceof Request
    const address = new URL(isRequest ? input.url : input, platform.address())
    if (address.origin !== origin) return platform.fetch(input, init)
    const cookies = isSameOrigin || isRequest ? {} : { credentials: 'include' as const }
    const request = new Request(isRequest ? input : address, { ...cookies, ...init })

    const sent = { at: platform.now(), wallAt: platform.wallNow() }
    const response = await send(request)
    if (response.status === 401) {
      return mend(parts, { response, request, sent, isSameOrigin }, () => send(request))
    }
    // Perhaps somebody has signed in with it.
    const isChange = response.ok && !SAFE.test(request.method)
    if (isChange && view.state.status !== 'active') view.ask().catch(() => undefined)
    return response
  }
}

interface Refused {
  readonly request: Request
  readonly response: Response
  /** When the request was sent, by the page's clock and by the clock of all tabs. */
  readonly sent: { readonly at: number; readonly wallAt: number }
  readonly isSameOrigin: boolean
}

async function mend(
  { view, refresh }: WrappedFetchParts,
  { request, response, sent, isSameOrigin }: Refused,
  sendAgain: () => Promise<Response>,
): Promise<Response> {
  const cure = await readRefusal(response, isSameOrigin)
  if (cure.type === 'none') return response
  if (cure.type === 'again') return sendAgain()
  // Where nobody is signed in, as the service has said, a refresh with each request of a guest would be a loop.
  const isWorthIt = /active|unknown/.test(view.state.status)
  if (cure.type === 'refresh' && refresh !== undefined && isWorthIt) {
    const refreshed = await Promise.race([refresh(sent.wallAt), aborted(request.signal)])
    if (refreshed === 'fresh') return sendAgain()
    if (refreshed !== 'over') return refreshed.clone()
  }
  // A session that began after this request was sent is not the one that the answer tells of.
  if (view.isNewerThan(sent.at)) view.ask().catch(() => undefined)
  else view.end(cure.type === 'over' ? cure.reason : undefined)
  return response
}

/** Who gives up a request does not wait for a refresh that others may still want. */
function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error))
  })
}

/** Sends a copy of the request, so that it can be sent again; with the token against forgery where the service wants one. */
function createSend({
  platform,
  csrfAddress,
}: WrappedFetchParts): (request: Request) => Promise<Response> {
  let known: { readonly header: string; readonly token: string } | undefined
  const send = (request: Request): Promise<Response> => {
    const copy = request.clone()
    if (known !== undefined && !SAFE.test(copy.method)) copy.headers.set(known.header, known.token)
    return platform.fetch(copy)
  }
  const learn = async (address: string): Promise<boolean> => {
    const init = { credentials: 'include', headers: { accept: 'application/json' } } as const
    const answer = await platform.fetch(address, init)
    const { token, header = 'X-CSRF-Token' } = (await answer.json()) as Record<string, string>
    known = token === undefined ? undefined : { header, token }
    return known !== undefined
  }
  return async (request) => {
    const response = await send(request)
    if (response.status !== 403 || csrfAddress === undefined) return response
    if ((await problemOf(response)).code !== 'csrf_invalid') return response
    return (await learn(csrfAddress).catch(() => false)) ? send(request) : response
  }
}
