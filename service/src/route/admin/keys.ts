import type { RequestHandler, Request, Response, Router } from 'express'
import { InvalidInput } from 'sojourn'
import { KEY_ALGORITHMS, type KeyChange, type KeyFacts } from 'sojourn/keys'
import type { z } from 'zod'
import { bodyOf, fields, flag, jsonOrForm, oneOf, Problem, queryOf } from '../../http/index.js'
import type { KeyAct, KeyActOptions, SecretFacts } from '../../key-desk.js'
import {
  changeLines,
  paths,
  renderAsk,
  renderKeys,
  texts,
  type AskProps,
  type ShownKey,
} from '../../page/index.js'
import type { Parts } from '../../parts.js'
import { sendPage } from '../respond.js'
import { createRouter } from '../router.js'
import { instant, run, told, type Act } from './act.js'
import { requireAdmin } from './guard.js'
import { done, pageProps, wantsPage } from './page.js'

const rotation = fields({
  algorithm: oneOf(KEY_ALGORITHMS).optional(),
  now: flag().optional(),
  dryRun: flag().optional(),
})
const retirement = fields({ now: flag().optional(), dryRun: flag().optional() })
export const rotationBody: RequestHandler = jsonOrForm(rotation, { isOptional: true })
export const retirementBody: RequestHandler = jsonOrForm(retirement, { isOptional: true })
/** What would happen is asked for by GET, at the same address. */
export const retirementQuery = fields({ now: oneOf(['true', 'false']).optional() })

const words = texts.console.keys

/** `/admin/keys`: the ring that signs access tokens, and the secrets of the environment. */
export function keyRoutes(parts: Parts): Router {
  const router = createRouter()
  const isAdmin = requireAdmin(parts)
  const isRecent = requireAdmin(parts, { isRecent: true })
  const retire = `${paths.consoleKeys}/:kid/retire`
  router.get(paths.consoleKeys, isAdmin, run(parts, showKeys))
  router.get(paths.consoleRotate, isAdmin, run(parts, askRotate))
  router.get(retire, isAdmin, run(parts, askRetire))
  router.post(paths.consoleRotate, isRecent, rotationBody, run(parts, rotate))
  router.post(retire, isRecent, retirementBody, run(parts, retireKey))
  return router
}

const showKeys: Act = async (parts, request, response) => {
  const { kind, keys } = await parts.keys.list()
  const secrets = await parts.keys.secrets(parts.now())
  told(parts, request, 'keys.read', 'keys')
  if (!wantsPage(request)) {
    response.json({ kind, keys: keys.map(toJson), secrets: secrets.map(secretJson) })
    return
  }
  const isShared = kind === 'static'
  const shown = keys.map(toShown)
  const page = await pageProps(parts, request)
  sendPage(response, renderKeys({ ...page, isShared, keys: shown, secrets }))
}

const askRotate: Act = async (parts, request, response) => {
  await answer(parts, request, response, { act: 'rotate', kid: '', options: { dryRun: true } })
}

const askRetire: Act = async (parts, request, response) => {
  const { now } = queryOf(request, retirementQuery)
  const options = { dryRun: true, now: now === 'true' }
  await answer(parts, request, response, { act: 'retire', kid: kidOf(request), options })
}

const rotate: Act = async (parts, request, response) => {
  const options = bodyOf<z.infer<typeof rotation>>(request)
  await answer(parts, request, response, { act: 'rotate', kid: '', options })
}

const retireKey: Act = async (parts, request, response) => {
  const options = bodyOf<z.infer<typeof retirement>>(request)
  await answer(parts, request, response, { act: 'retire', kid: kidOf(request), options })
}

function kidOf(request: Request): string {
  return (request.params as { kid: string }).kid
}

/** What is wanted of the ring. */
interface Deed {
  readonly act: KeyAct & ('rotate' | 'retire')
  readonly kid: string
  readonly options: KeyActOptions
}

type Kind = 'rotate' | 'retire' | 'refuse'

async function answer(
  parts: Parts,
  request: Request,
  response: Response,
  deed: Deed,
): Promise<void> {
  const change = await changeRing(parts, deed)
  const kind = deed.act === 'retire' && deed.options.now === true ? 'refuse' : deed.act
  const { isDryRun } = change
  // Also what would have been done: it names the keys.
  told(parts, request, isDryRun ? 'keys.read' : TOLD[kind], isDryRun ? 'keys' : (change.kid ?? ''))
  if (!wantsPage(request)) {
    response.json(changeJson(change))
  } else if (isDryRun) {
    const question = questionOf(kind, deed, change)
    sendPage(response, renderAsk({ ...(await pageProps(parts, request)), ...question }))
  } else {
    await done(request, response, paths.consoleKeys, { notice: NOTICES[kind], body: {} })
  }
}

const TOLD: Readonly<Record<Kind, string>> = {
  rotate: 'key.rotated',
  retire: 'key.retired',
  refuse: 'key.refused',
}
const NOTICES: Readonly<Record<Kind, string>> = {
  rotate: words.rotated,
  retire: words.retired,
  refuse: words.refused,
}

/** @throws Problem 404 `key_unknown`, 409 `key_state`, `keys_fixed` */
async function changeRing({ keys }: Parts, { act, kid, options }: Deed): Promise<KeyChange> {
  try {
    const change = await keys.change(act, kid, options)
    if (change !== undefined) return change
  } catch (error) {
    if (!(error instanceof InvalidInput)) throw error
    const isKnown = kid === '' || (await keys.list()).keys.some((key) => key.kid === kid)
    if (!isKnown) throw new Problem(UNKNOWN)
    throw new Problem({ status: 409, code: 'key_state', detail: error.message })
  }
  throw new Problem({ status: 409, code: 'keys_fixed', detail: words.shared })
}

const UNKNOWN = { status: 404, code: 'key_unknown', detail: 'No such key.' }

type Question = Omit<AskProps, 'now' | 'person' | 'csrf' | 'notice'>

function questionOf(kind: Kind, { kid, options }: Deed, change: KeyChange): Question {
  const { ask } = words
  const { algorithm, now } = options
  return {
    entry: 'keys',
    title: ask[`${kind}Title`],
    heading: ask[`${kind}Heading`],
    lead: ask.lead,
    lines: changeLines(change),
    action: kind === 'rotate' ? paths.consoleRotate : paths.consoleRetire(kid),
    submit: ask[kind],
    isAlarming: kind === 'refuse',
    fields: {
      ...(algorithm === undefined ? {} : { algorithm }),
      ...(now === true ? { now: 'on' } : {}),
    },
    cancel: paths.consoleKeys,
  }
}

function toShown({ origin, ...key }: KeyFacts): ShownKey {
  return { ...key, isOption: origin === 'option' }
}

function toJson(key: KeyFacts): object {
  const { createdAt, activeAt, retiredAt, acceptedUntil, ...rest } = key
  return {
    ...rest,
    createdAt: instant(createdAt),
    activeAt: instant(activeAt),
    retiredAt: instant(retiredAt),
    acceptedUntil: instant(acceptedUntil),
  }
}

function secretJson({ since, ...rest }: SecretFacts): object {
  return { ...rest, since: instant(since) }
}

function changeJson(change: KeyChange): object {
  const { isDryRun, now, kid, transitions, signers, impact, notes } = change
  return {
    isDryRun,
    now: instant(now),
    kid: kid ?? null,
    transitions: transitions.map((step) => ({
      kid: step.kid ?? null,
      algorithm: step.algorithm,
      from: step.from ?? null,
      to: step.to,
      at: instant(step.at),
    })),
    signers: signers.map((signer) => ({ kid: signer.kid ?? null, at: instant(signer.at) })),
    impact: impact.map((one) => ({ kid: one.kid, acceptedUntil: instant(one.acceptedUntil) })),
    notes,
  }
}
