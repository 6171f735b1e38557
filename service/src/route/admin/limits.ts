import { isIP } from 'node:net'
import type { Request, RequestHandler, Response, Router } from 'express'
import { createRateLimiter, type Rate, type RateLimiter, type SignInCount } from 'sojourn'
import type { z } from 'zod'
import {
  bodyOf,
  fields,
  formQueryOf,
  jsonOrForm,
  Problem,
  shortText,
  textThat,
} from '../../http/index.js'
import { limitPolicies } from '../../limits.js'
import {
  paths,
  renderAsk,
  renderLimits,
  texts,
  type LimitsProps,
  type ShownCount,
  type ShownLimit,
  withQuery,
} from '../../page/index.js'
import type { Parts } from '../../parts.js'
import { sendPage } from '../respond.js'
import { createRouter } from '../router.js'
import { instant, run, told } from './act.js'
import { adminTokenKey, requireAdmin, WRONG_TOKENS } from './guard.js'
import { nameOf } from './held.js'
import { done, pageProps, wantsPage } from './page.js'
import { canonical, idOf, networkIn } from './record-filters.js'

const ADDRESS = 'must be an address, or a network such as 203.0.113.0/24'
const party = {
  person: shortText(254).optional(),
  address: textThat((value) => isIP(addressIn(value)) !== 0, ADDRESS).optional(),
}
export const limitQuery = fields(party)
export const clearBody: RequestHandler = jsonOrForm(fields(party))

type Given = z.infer<typeof limitQuery>

const words = texts.console.limits

/** The limits of this service, and whoever asks for them. */
interface Desk {
  readonly parts: Parts
  /** Those of requests; `undefined` where they are off. */
  readonly limiter: RateLimiter | undefined
}

/** `/admin/limits`: the limits in force, how somebody stands, and how to give them a fresh start. */
export function limitRoutes(parts: Parts): Router {
  const router = createRouter()
  const policies = limitPolicies(parts)
  const limiter = policies.length === 0 ? undefined : createRateLimiter(parts.sojourn, { policies })
  const desk = { parts, limiter }
  const isAdmin = requireAdmin(parts)
  const isRecent = requireAdmin(parts, { isRecent: true })
  const at = (act: (desk: Desk, request: Request, response: Response) => Promise<void>) =>
    run(parts, (_parts, request, response) => act(desk, request, response))
  router.get(paths.consoleLimits, isAdmin, at(showLimits))
  router.get(paths.consoleClear, isAdmin, at(askClear))
  router.post(paths.consoleClear, isRecent, clearBody, at(clearLimits))
  return router
}

/** Who is looked up. */
interface Party {
  readonly subject?: { readonly id: string; readonly name: string } | undefined
  /** How the guard of sign-ins calls the person. */
  readonly account?: string | undefined
  readonly address?: string | undefined
}

async function showLimits(desk: Desk, request: Request, response: Response): Promise<void> {
  const { parts } = desk
  const rules = rulesOf(parts)
  const isOff = desk.limiter === undefined
  const given: Given = {}
  try {
    Object.assign(given, formQueryOf(request, limitQuery))
    const who = await partyOf(parts, given)
    const counts = await look(desk, who)
    told(parts, request, 'limits.read', who.subject ?? 'limits')
    if (!wantsPage(request)) {
      response.json({ rules, counts: isNobody(who) ? null : counts.map(toJson(parts.now())) })
      return
    }
    const found = isNobody(who) ? undefined : foundOf(who, given, counts)
    await sendLimits(parts, request, response, { given, found, rules, isOff })
  } catch (error) {
    if (!wantsPage(request) || !(error instanceof Problem) || error.status >= 500) throw error
    await sendLimits(parts, request, response, { given, rules, isOff, problem: error })
  }
}

interface Sent extends Pick<LimitsProps, 'found' | 'rules' | 'isOff'> {
  readonly given: Given
  readonly problem?: Problem
}

async function sendLimits(
  parts: Parts,
  request: Request,
  response: Response,
  { given, problem, ...facts }: Sent,
): Promise<void> {
  const query = request.query as Record<string, string>
  const html = renderLimits({
    ...(await pageProps(parts, request)),
    ...facts,
    typed: {
      person: given.person ?? query['person'] ?? '',
      address: given.address ?? query['address'] ?? '',
    },
    problem: problem === undefined ? undefined : problemWords(problem),
  })
  sendPage(response, html, problem?.status)
}

function problemWords({ code }: Problem): string {
  return code === 'user_unknown' ? words.personUnknown : words.addressWrong
}

async function askClear(desk: Desk, request: Request, response: Response): Promise<void> {
  const { parts } = desk
  const given = formQueryOf(request, limitQuery)
  const who = await somebody(parts, given)
  const counts = await look(desk, who)
  told(parts, request, 'limits.read', who.subject ?? 'limits')
  if (!wantsPage(request)) {
    response.json({ counts: counts.map(toJson(parts.now())) })
    return
  }
  const { clearTitle: title, clearHeading: heading, clearLead: lead, clear: submit } = words
  const html = renderAsk({
    ...(await pageProps(parts, request)),
    ...{ entry: 'limits', title, heading, lead, submit, isAlarming: false },
    lines: counts.map((count) => `${limitName(count.limit)}: ${count.whose}`),
    action: paths.consoleClear,
    fields: fieldsOf(given),
    cancel: withQuery(paths.consoleLimits, given),
  })
  sendPage(response, html)
}

async function clearLimits(desk: Desk, request: Request, response: Response): Promise<void> {
  const { parts, limiter } = desk
  const given = bodyOf<Given>(request)
  const who = await somebody(parts, given)
  const { account, address, subject } = who
  await parts.guard.clear({ account, address }, { by: 'admin' })
  await limiter?.clear({ subject: subject?.id, address })
  if (address !== undefined) {
    const { key, rate } = tokenCount(parts, address)
    await parts.sojourn.counters.spend(key, rate, -rate.quota)
  }
  told(parts, request, 'limits.cleared', subject ?? targetOf(parts, address))
  const cleared = (await look(desk, who)).map(({ limit }) => limit)
  await done(request, response, withQuery(paths.consoleLimits, given), {
    notice: words.cleared,
    body: { success: true, cleared },
  })
}

/** The trail keeps no more of an address here than elsewhere. */
function targetOf({ audit }: Parts, address: string | undefined): string {
  return (address === undefined ? undefined : audit.addressAsKept(canonical(address))) ?? 'network'
}

/** @throws Problem 400 `field_invalid` where nobody is named */
async function somebody(parts: Parts, given: Given): Promise<Party> {
  const who = await partyOf(parts, given)
  if (!isNobody(who)) return who
  const facts = { status: 400, code: 'field_invalid', detail: words.nothing }
  throw new Problem({ ...facts, extra: { field: 'person' } })
}

function isNobody({ subject, address }: Party): boolean {
  return subject === undefined && address === undefined
}

async function partyOf(parts: Parts, { person, address }: Given): Promise<Party> {
  const id = await idOf(parts, person)
  const account = id === undefined ? undefined : await parts.accounts.get(id)
  return {
    subject: id === undefined ? undefined : { id, name: account ? nameOf(account) : id },
    account: id,
    address: address === undefined ? undefined : canonical(addressIn(address)),
  }
}

/** Limits count networks, and an address is enough to name one. */
function addressIn(value: string): string {
  return value.replace(/\/\d{1,3}$/, '')
}

async function look(
  { parts, limiter }: Desk,
  { subject, account, address }: Party,
): Promise<readonly ShownCount[]> {
  const network = address === undefined ? '' : networkIn(address)
  const person = subject?.name ?? ''
  const whose: Readonly<Record<SignInCount['kind'], string>> = {
    account: person,
    account_day: person,
    account_network: words.both(person, network),
    network,
  }
  const attempts = await parts.guard.look({ account, address })
  const requests = (await limiter?.look({ subject: subject?.id, address })) ?? []
  const byAccount = new Set(
    limitPolicies(parts)
      .filter(isByAccount)
      .map(({ name }) => name as string),
  )
  return [
    ...attempts.map(({ kind, used, most, freeAfter, resetAfter }) => {
      return { limit: kind, whose: whose[kind], left: most - used, most, freeAfter, resetAfter }
    }),
    ...requests.map(({ policy, quota, window, remaining, resetAfter }) => {
      const freeAfter = waitOf({ quota, window }, remaining, resetAfter)
      const of = byAccount.has(policy) ? person : network
      return { limit: policy, whose: of, left: remaining, most: quota, freeAfter, resetAfter }
    }),
    ...(address === undefined ? [] : [await lookAtTokens(parts, address, network)]),
  ]
}

function isByAccount({ by }: { readonly by: string }): boolean {
  return by === 'account'
}

async function lookAtTokens(parts: Parts, address: string, whose: string): Promise<ShownCount> {
  const { key, rate } = tokenCount(parts, address)
  const { remaining, resetAfter } = await parts.sojourn.counters.spend(key, rate, 0)
  const freeAfter = waitOf(rate, remaining, resetAfter)
  return { limit: 'admin', whose, left: remaining, most: rate.quota, freeAfter, resetAfter }
}

function tokenCount(parts: Parts, address: string): { readonly key: string; readonly rate: Rate } {
  return { key: adminTokenKey(parts, networkIn(address)), rate: WRONG_TOKENS }
}

/** Milliseconds until one more is allowed. */
function waitOf({ quota, window }: Rate, remaining: number, resetAfter: number): number {
  return remaining >= 1 ? 0 : Math.max(Math.ceil(resetAfter + window / quota - window), 1)
}

function rulesOf(parts: Parts): readonly ShownLimit[] {
  const { maxAttempts, lockout, accountAttempts, accountAttemptsPerDay, networkAttempts } =
    parts.guard.limits
  const day = Math.max(86_400_000, lockout)
  return [
    { limit: 'account_network', quota: maxAttempts, window: lockout, by: 'account_network' },
    { limit: 'account', quota: accountAttempts, window: lockout, by: 'account' },
    { limit: 'account_day', quota: accountAttemptsPerDay, window: day, by: 'account' },
    { limit: 'network', quota: networkAttempts, window: lockout, by: 'ip' },
    ...limitPolicies(parts).map(({ name, quota, by }): ShownLimit => {
      return { limit: name, quota, window: 60_000, by }
    }),
    { limit: 'admin', ...WRONG_TOKENS, by: 'ip' },
  ]
}

function foundOf(
  { subject, address }: Party,
  given: Given,
  counts: readonly ShownCount[],
): NonNullable<LimitsProps['found']> {
  const network = address === undefined ? undefined : networkIn(address)
  return { counts, subject, network, clearPath: withQuery(paths.consoleClear, given) }
}

function limitName(limit: string): string {
  const names: Readonly<Record<string, string>> = { ...words.kinds, ...words.policies }
  return names[limit] ?? limit
}

function fieldsOf(given: Given): Record<string, string> {
  const known = Object.entries(given).filter(([, value]) => value !== undefined)
  return Object.fromEntries(known) as Record<string, string>
}

function toJson(now: number): (count: ShownCount) => object {
  return ({ limit, whose, left, most, freeAfter, resetAfter }) => ({
    ...{ limit, whose, remaining: left, quota: most, isLocked: freeAfter > 0 },
    freeAt: freeAfter === 0 ? null : instant(now + freeAfter),
    resetsAt: resetAfter === 0 ? null : instant(now + resetAfter),
  })
}
