import { ClientError } from './errors.js'
import { readFacts } from './facts.js'
import type { Client, ClientPaths, OwnDevice } from './options.js'
import type { Platform } from './platform.js'
import { problemOf } from './trouble.js'
import type { View } from './view.js'

/** Milliseconds after which a service that says nothing counts as one that cannot be reached. */
export const PATIENCE = 10_000
const JSON_PLEASE = { accept: 'application/json' }
/** The service does not count requests with it as activity. */
export const PASSIVE: Readonly<Record<string, string>> = {
  ...JSON_PLEASE,
  'Sojourn-Passive': '1',
}

export interface CallsParts {
  readonly platform: Platform
  readonly view: View
  /** The wrapped one: it notes by itself that a session is over. */
  readonly fetch: typeof globalThis.fetch
  readonly origin: string
  readonly paths: ClientPaths
}

type Calls = Pick<Client, 'check' | 'extend' | 'signOut' | 'sessions' | 'signInAddress'> & {
  readonly ask: () => Promise<void>
}

/** What the client asks of the service on its own account. */
export function createCalls(parts: CallsParts): Calls {
  const { platform, view, paths } = parts
  const call = createCall(parts)
  const learn = async (path: string, init: RequestInit): Promise<void> => {
    const sentAt = platform.now()
    const answer = await call(path, init, [401])
    if (answer.ok) view.apply(readFacts(await bodyOf(answer), answer.headers.get('date')), sentAt)
  }
  const ask = (): Promise<void> => learn(paths.session, { headers: PASSIVE })
  return {
    ask,
    check: () => ask().then(() => view.state),
    extend: () => learn(paths.extend, { method: 'POST' }).then(() => view.state),
    async signOut() {
      const { id } = view.state
      const answer = await call(paths.signOut, { method: 'POST' }, [401])
      if (answer.ok) view.end('logged_out', id)
      else if (view.state.status === 'active') throw await refused(answer)
    },
    sessions: createSessions(call, parts),
    signInAddress({ returnTo = pathOf(platform.address()) } = {}) {
      const { reason } = view.state
      const query = new URLSearchParams({ returnTo, ...(reason === undefined ? {} : { reason }) })
      return `${paths.signIn}?${query.toString()}`
    },
  }
}

type Call = (path: string, init?: RequestInit, accepted?: readonly number[]) => Promise<Response>

/** `accepted`: statuses besides those of success that say something. All others are thrown. */
function createCall({ fetch, origin }: CallsParts): Call {
  return async (path, init, accepted = []) => {
    const signal = AbortSignal.timeout(PATIENCE)
    const all = { credentials: 'include', headers: JSON_PLEASE, signal, ...init } as const
    const answer = await fetch(new URL(path, origin), all).catch((cause: unknown) => {
      const error = new ClientError('unreachable', 0, 'No answer.')
      error.cause = cause
      throw error
    })
    if (!answer.ok && !accepted.includes(answer.status)) throw await refused(answer)
    return answer
  }
}

function createSessions(call: Call, { view, paths }: CallsParts): Client['sessions'] {
  return {
    list: async () => (await bodyOf(await call(`${paths.sessions}?limit=100`))) as OwnDevice[],
    async revoke(id) {
      const path = `${paths.sessions}/${encodeURIComponent(id)}`
      const { ok } = await call(path, { method: 'DELETE' }, [404])
      if (ok && id === view.state.id) view.end('logged_out', id)
      return ok
    },
    async revokeOthers() {
      const answer = await call(`${paths.sessions}/revoke-others`, { method: 'POST' })
      return Number(((await bodyOf(answer)) as { readonly count?: number }).count)
    },
  }
}

function pathOf(address: string): string {
  const { pathname, search, hash } = new URL(address)
  return pathname + search + hash
}

async function bodyOf(answer: Response): Promise<unknown> {
  try {
    return await answer.json()
  } catch {
    throw new ClientError('unreachable', answer.status, 'No JSON.')
  }
}

async function refused(answer: Response): Promise<ClientError> {
  const { code = 'unreachable', detail, retryAfter } = await problemOf(answer)
  return new ClientError(code, answer.status, detail ?? `Status ${answer.status}`, retryAfter)
}
