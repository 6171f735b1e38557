import type { Request, Response, Router } from 'express'
import { sendRefusal } from 'sojourn/express'
import { EVERY, KEPT, toColumns } from '../../console/index.js'
import { Problem } from '../../http/index.js'
import { overviewTexts, paths } from '../../page/index.js'
import type { Parts, Visitor } from '../../parts.js'
import { refuseOtherSites, refuseWhileStopping } from '../events.js'
import { createRouter } from '../router.js'
import { run, type Act } from './act.js'
import { administratorOf, requireAdmin } from './guard.js'
import { overviewFacts } from './overview.js'

/** Streams of one process, besides the places that each session and each person has for all its streams. */
const MOST_STREAMS = 50
let streams = 0

/** An open console is no activity: it keeps nobody signed in. */
export function isSampleStream(target: string): boolean {
  return target === paths.consoleStream || target.startsWith(`${paths.consoleStream}?`)
}

/**
 * `/admin/stream`: what the overview shows, as it comes. `window` first, with all that is known, then `sample` every five
 * seconds. The stream ends with the session, when the service stops, and with the role: that is looked up again for each
 * sample, and told by `forbidden`.
 */
export function streamRoutes(parts: Parts): Router {
  const router = createRouter()
  router.get(
    paths.consoleStream,
    refuseWhileStopping(parts),
    refuseOtherSites(parts),
    requireAdmin(parts),
    run(parts, follow),
  )
  return router
}

type Send = (name: string, data: unknown) => boolean

const follow: Act = (parts, request, response) => {
  const send = open(parts, request, response)
  if (send === undefined) return Promise.resolve()
  streams += 1
  send('window', {
    every: EVERY,
    kept: KEPT,
    columns: toColumns(parts.sampler.samples()),
    texts: overviewTexts(overviewFacts(parts)),
  })
  const stop = parts.sampler.onSample(() => void tell(parts, request, response, send))
  response.once('close', () => {
    streams -= 1
    stop()
  })
  return Promise.resolve()
}

/** `undefined`: it is answered already. */
function open(parts: Parts, request: Request, response: Response): Send | undefined {
  if (administratorOf(request).account === undefined) throw new Problem(NO_SESSION)
  if (streams >= MOST_STREAMS) throw new Problem(FULL)
  const admission = parts.live.admitSession((request as Visitor).session)
  const result = admission.ok ? parts.live.stream(response, admission.admitted) : admission
  if (!result.ok) {
    sendRefusal(response, result.refusal)
    return undefined
  }
  if (request.method !== 'HEAD') return (name, data) => result.send(name, data)
  // Nothing comes after the head, and nobody would ever end the answer.
  response.end()
  return undefined
}

const NO_SESSION = {
  status: 406,
  code: 'not_acceptable',
  detail: 'The stream hangs on a session. Ask /admin for JSON.',
}
const FULL = {
  status: 429,
  code: 'rate_limited',
  detail: 'Too many open streams.',
  retryAfter: 10,
}

async function tell(parts: Parts, request: Request, response: Response, send: Send) {
  const id = administratorOf(request).actor
  const standing = await standingOf(parts, id)
  if (standing === 'away') {
    // The client comes back, and is told then whether it may.
    response.end()
    return
  }
  if (standing === 'none') {
    send('forbidden', {})
    response.end()
    return
  }
  const sample = parts.sampler.samples().at(-1)
  if (sample !== undefined)
    send('sample', { ...sample, texts: overviewTexts(overviewFacts(parts)) })
}

/** Whether somebody is still an administrator. */
async function standingOf({ accounts, log }: Parts, id: string): Promise<'good' | 'none' | 'away'> {
  try {
    const account = await accounts.get(id)
    return account?.role === 'admin' && account.disabledAt === undefined ? 'good' : 'none'
  } catch (error) {
    log.warn({ event: 'console.unchecked', err: error }, 'Nobody can say who is an administrator')
    return 'away'
  }
}
