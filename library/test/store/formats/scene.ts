import { createHash } from 'node:crypto'
import { createSojourn, type Sojourn } from '../../../src/sojourn.js'
import { endedBecause } from '../../../src/store/record.js'
import type { Store } from '../../../src/store/store.js'
import type { ManualClock } from '../../../src/testing/index.js'
import { Browser } from '../../support/browser.js'

/** Made for this folder, and used nowhere else. */
const SECRETS = {
  session: sampleOf('session'),
  refresh: sampleOf('refresh'),
}

function sampleOf(use: string): string {
  return createHash('sha256').update(`store formats, ${use}`).digest('base64url')
}

const HOUR = 3_600_000

/** The library over a store, as an application of the recorded release had it. */
export function openSojourn(store: Store, clock: ManualClock): Sojourn<any> {
  return createSojourn<any>({
    store,
    clock,
    secrets: SECRETS.session,
    cache: false,
    idle: '1h',
    absolute: '24h',
    privacy: { address: 'full', agent: 'full' },
    tokens: {
      issuer: 'https://app.example',
      audience: 'https://app.example',
      refresh: { lifetime: '30d', secrets: SECRETS.refresh },
    },
  })
}

/** Somebody's credentials, as a client still holds them. */
export interface Held {
  readonly id: string
  readonly cookie: string
  readonly refreshToken: string | undefined
}

/** What a release left: who holds what, and how everything is to be read. */
export interface Recorded {
  readonly held: Readonly<Record<string, Held>>
  readonly expected: Expected
}

/** What the port says of all that rests, as plain JSON. */
export interface Expected {
  readonly sessions: Readonly<Record<string, unknown>>
  readonly subjects: Readonly<Record<string, unknown>>
  readonly lists: Readonly<Record<string, readonly string[]>>
  readonly document: unknown
  /** The fourth attempt under the key that has seen three. */
  readonly fourth: unknown
}

export const SUBJECTS = ['ada', 'bob', 'cid', 'dan', 'a:{b}*\r\nü']
const RULE = { max: 5, lockFor: HOUR, forgetAfter: HOUR }

/** Leaves one of everything in an empty store. */
export async function furnish(
  store: Store,
  clock: ManualClock,
): Promise<Readonly<Record<string, Held>>> {
  const sojourn = openSojourn(store, clock)
  const held: Record<string, Held> = {}
  const enter = async (name: string, subject: string | undefined, withTokens = false) => {
    const browser = new Browser<any>(sojourn)
    const tokens = await browser.visit(async (session) => {
      await session.load()
      if (subject !== undefined) await session.signIn(subject, { remember: withTokens })
      session.set('cart', { items: [1, 'ü\u0000'], empty: [] })
      return withTokens ? session.issueTokens({ scope: ['read'] }) : undefined
    })
    const cookie = browser.cookie ?? ''
    const id = (cookie.split('=')[1] ?? '').slice(0, 25)
    held[name] = { id, cookie, refreshToken: tokens?.refreshToken }
    return { browser, id }
  }
  await enter('plain', 'ada')
  await enter('tokens', 'ada', true)
  await enter('odd', 'a:{b}*\r\nü')
  await enter('guest', undefined)
  const over = await enter('signedOut', 'ada')
  await over.browser.visit(async (session) => session.signOut())
  await enter('swept', 'bob')
  await sojourn.revokeAll('bob', { reason: 'password_changed' })
  await enter('again', 'bob')
  await enter('barred', 'cid')
  await sojourn.disable('cid')
  const leaving = await enter('leaving', 'dan')
  await store.end(leaving.id, 'signed_in', { after: HOUR / 2 })
  await sojourn.patchSubject('ada', { role: 'admin', 'a:{b}': ['ü'] })
  const renewed = await enter('renewed', 'dan')
  await renewed.browser.visit(async (session) => session.elevate({}))
  held['renewed'] = { ...(held['renewed'] as Held), cookie: renewed.browser.cookie ?? '' }
  await store.writeDocument('shared', '{"revision":"one"}', 0)
  await store.writeDocument('shared', '{"text":"ü"}', 1)
  for (let time = 0; time < 3; time += 1) await store.counters?.attempt('sign-in:ada', RULE)
  await store.counters?.spend('net:1', { quota: 10, window: HOUR }, 4)
  await sojourn.settled()
  return held
}

/** Reads all of it by the port. */
export async function readAll(
  store: Store,
  held: Readonly<Record<string, Held>>,
): Promise<Expected> {
  const sessions: Record<string, unknown> = {}
  for (const [name, { id }] of Object.entries(held)) {
    const answer = await store.read(id)
    const isFound = answer.status === 'found'
    const state = isFound
      ? (endedBecause(answer.record, answer.subject, answer.now) ?? 'live')
      : answer.status
    const { now: _, ...rest } = answer
    sessions[name] = { state, ...rest }
  }
  const subjects: Record<string, unknown> = {}
  const lists: Record<string, string[]> = {}
  for (const subject of SUBJECTS) {
    subjects[subject] = await store.readSubject(subject)
    const { records } = await store.list(subject, { limit: 100 })
    lists[subject] = records.map(({ id }) => id).sort()
  }
  const document = await store.readDocument('shared')
  const fourth = await store.counters?.attempt('sign-in:ada', RULE)
  return plain({ sessions, subjects, lists, document, fourth }) as Expected
}

/** As JSON has it: maps as their entries, what is undefined left out. */
function plain(value: unknown): unknown {
  const text = JSON.stringify(value, (_key, part: unknown) =>
    part instanceof Map ? { map: [...(part as Map<string, unknown>)].sort() } : part,
  )
  return JSON.parse(text) as unknown
}
