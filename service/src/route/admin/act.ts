import type { Request, RequestHandler, Response } from 'express'
import { Problem } from '../../http/index.js'
import type { Account } from '../../account/account.js'
import type { Parts } from '../../parts.js'
import { administratorOf } from './guard.js'

/** One thing an administrator can look at or do. */
export type Act = (parts: Parts, request: Request, response: Response) => Promise<void>

export function run(parts: Parts, act: Act): RequestHandler {
  return (request, response) => act(parts, request, response)
}

/** Every act is one event, and so one line and one record. `target`: a person, or what else was looked at or changed. */
export function told(
  parts: Parts,
  request: Request,
  act: string,
  target: Pick<Account, 'id'> | string,
): void {
  const whom = typeof target === 'string' ? { target } : { target: target.id, subject: target.id }
  report(parts, request, { act, ...whom })
}

export function toldOfSession(parts: Parts, request: Request, act: string, id: string): void {
  report(parts, request, { act, target: id, id })
}

interface Deed {
  readonly act: string
  readonly target: string
  readonly subject?: string
  readonly id?: string
}

function report(parts: Parts, request: Request, deed: Deed): void {
  const { actor } = administratorOf(request)
  parts.sojourn.report('admin.acted', { actor, address: parts.addressOf(request), ...deed })
}

/** The person of `/admin/users/:id`. */
export async function accountIn(parts: Parts, request: Request): Promise<Account> {
  return accountWith(parts, (request.params as { id: string }).id)
}

export async function accountWith({ accounts }: Parts, id: string): Promise<Account> {
  const account = await accounts.get(id)
  if (account !== undefined) return account
  throw new Problem({ status: 404, code: 'user_unknown', detail: 'No such user.' })
}

export function instant(at: number): string
export function instant(at: number | undefined): string | null
export function instant(at: number | undefined): string | null {
  return at === undefined ? null : new Date(at).toISOString()
}
