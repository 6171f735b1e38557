import type { ServerResponse } from 'node:http'
import type { Request, Response } from 'express'
import type { SessionFacts } from 'sojourn'
import { nonceOf } from 'sojourn/express'
import { wantsHtml } from '../http/index.js'
import {
  describeAgent,
  localPath,
  paths,
  withNonce,
  withReturn,
  type AgentDescription,
  type Device,
} from '../page/index.js'

/** Sends a rendered page. A bare response will do: what fails while a session is saved has no other. */
export function sendPage(response: ServerResponse, html: string, status = 200): void {
  const page = withNonce(html, nonceOf(response))
  response.statusCode = status
  response.setHeader('Content-Type', 'text/html; charset=utf-8')
  response.setHeader('Content-Length', Buffer.byteLength(page))
  response.end(page)
}

/** Answers a browser with a redirect to `path`, and everybody else with JSON. */
export function redirectOrJson(
  request: Request,
  response: Response,
  path: string,
  body: object,
  status = 200,
): void {
  if (wantsHtml(request)) response.redirect(303, path)
  else response.status(status).json(body)
}

/** Where a person wanted to go before, from the form or the address; only paths on this host, at most 2,000 characters. */
export function wantedPath(request: Request): string | undefined {
  const body = (request.body as { returnTo?: unknown } | undefined)?.returnTo
  const wanted = typeof body === 'string' ? body : request.query['returnTo']
  if (typeof wanted !== 'string' || wanted.length > 2_000) return undefined
  return localPath(decoded(wanted)) === undefined ? undefined : localPath(wanted)
}

/** Where to go after a form is done. */
export function returnPath(request: Request): string {
  return wantedPath(request) ?? paths.dashboard
}

/** `/%2f%2fevil` and `/%09/evil` are refused too: something behind us might decode once more. */
function decoded(path: string): string | undefined {
  try {
    return decodeURIComponent(path)
  } catch {
    return undefined
  }
}

/** The sign-in page, with the reason and the way back. */
export function signInPath(reason: string | undefined, returnTo: string): string {
  const path = withReturn(paths.signIn, returnTo)
  if (reason === undefined) return path
  return `${path}${path.includes('?') ? '&' : '?'}reason=${encodeURIComponent(reason)}`
}

/** Separates the kind of a device from its name in the label that rests with the session. */
const KIND = '|'

/** The label that rests with a session: short, and enough to draw the device again. */
export function deviceLabel(userAgent: string): string {
  const { name, kind } = describeAgent(userAgent)
  return `${kind}${KIND}${name}`
}

/** What a label says. */
export function fromLabel(label: string | undefined): AgentDescription {
  const [kind = 'unknown', name] = (label ?? '').split(KIND, 2)
  return {
    name: name ?? describeAgent(undefined).name,
    kind: kind === 'desktop' || kind === 'phone' || kind === 'tablet' ? kind : 'unknown',
  }
}

/** A session as its owner's devices page shows it. */
export function toDevice(facts: SessionFacts, currentId: string | undefined): Device {
  const { name: browser, kind } = fromLabel(facts.agent)
  return {
    id: facts.id,
    isCurrent: facts.id === currentId,
    name: facts.name ?? browser,
    browser,
    kind,
    createdAt: facts.createdAt,
    lastSeenAt: facts.lastSeenAt,
    expiresAt: facts.expiresAt,
    address: facts.address,
    methods: facts.methods,
    ...(facts.actor === undefined ? {} : { actedIn: { reason: facts.purpose ?? '' } }),
  }
}
