import type { AccessClaims } from '../credential/jwt/index.js'
import type { SessionRecord } from '../store/record.js'
import type { Change, Store } from '../store/store.js'
import type { ClientFacts } from './device.js'
import type { Events } from './events.js'
import { isTouchDue } from './lifetime.js'
import { generationOf } from './issue.js'
import type { ActiveResolution } from './resolve.js'

/** Index entries turned to tombstones in one go: a few milliseconds, so that nobody else waits for it. */
const CHUNK = 100

/**
 * What happens beside the answer: marking sessions as seen, and tidying up after mass revocations. None of
 * it delays or fails a request, and each session is marked once however many requests arrive together.
 */
export interface Upkeep {
  /** Marks a session as seen where that is due, and forgets its earlier secret once the new one was presented. */
  attend(request: AttendedRequest, found: ActiveResolution): void
  /** Turns what is over for a subject into tombstones, chunk by chunk. */
  tidy(subject: string): void
  /** Saves what was written after the head of an answer had left: nobody waits for it any more. */
  saveLate(visit: object, save: () => Promise<void>): void
  /** Resolves when everything begun so far is done. */
  settled(): Promise<void>
}

/** What upkeep looks at of a request. */
export interface AttendedRequest {
  readonly client: ClientFacts
  readonly isPassive: boolean
}

/** What upkeep is made of. */
export interface UpkeepParts {
  readonly store: Store
  readonly events: Events
  readonly touchEvery: number
  /** It matters whether an access token shows that a refresh token's answer arrived. */
  readonly doesForgive: boolean
  readonly deviceTraits: (client: ClientFacts) => Pick<SessionRecord['traits'], 'address' | 'agent'>
}

export function createUpkeep(parts: UpkeepParts): Upkeep {
  const { store, events } = parts
  const underWay = new Map<unknown, Promise<void>>()

  const once = (key: unknown, job: () => Promise<unknown>): void => {
    if (underWay.has(key)) return
    const done = job()
      .catch((error: unknown) => {
        events.emit('store.failed', { operation: 'upkeep', message: messageOf(error) })
      })
      .then(() => {
        underWay.delete(key)
      })
    underWay.set(key, done)
  }

  return {
    attend(request, found) {
      const change = changeFor(parts, request, found)
      if (change === undefined) return
      const { id } = found.record
      once(`touch ${id}`, async () => store.change(id, change))
    },
    tidy(subject) {
      once(`tidy ${subject}`, async () => {
        for (let hasMore = true; hasMore;) {
          const result = await store.reap(subject, CHUNK)
          for (const { id, reason } of result.reaped) {
            events.emit('session.ended', { id, subject, reason })
          }
          hasMore = result.hasMore
        }
      })
    },
    saveLate(visit, save) {
      once(visit, async () => {
        await new Promise((resolve) => setImmediate(resolve))
        await save()
      })
    },
    async settled() {
      while (underWay.size > 0) await Promise.all(underWay.values())
    },
  }
}

/** What there is to note about a session that was presented; `undefined`: nothing. */
function changeFor(
  { touchEvery, doesForgive, deviceTraits }: UpkeepParts,
  request: AttendedRequest,
  found: ActiveResolution,
): Change | undefined {
  const { record, now, claims } = found
  const isSeen = !request.isPassive && isTouchDue(record, now, touchEvery)
  const isConfirmed = isRenewalConfirmed(found)
  const generation = doesForgive ? unpresentedGeneration(record, claims) : undefined
  if (!isSeen && !isConfirmed && generation === undefined) return undefined
  return {
    ...(isSeen ? { seen: true, traits: changedTraits(record, deviceTraits(request.client)) } : {}),
    ...(isConfirmed ? { forgetPrevious: true } : {}),
    ...(generation === undefined ? {} : { presentedGeneration: generation }),
  }
}

/** The new secret came in: nobody needs the one before any more. Who came with a token shows no secret at all. */
function isRenewalConfirmed({ record, isPreviousSecret, claims }: ActiveResolution): boolean {
  return record.previousDigest !== undefined && !isPreviousSecret && claims === undefined
}

/** The generation of the refresh token that an access token came with, where nobody knows yet that it arrived. */
function unpresentedGeneration(
  { family }: SessionRecord,
  claims: AccessClaims | undefined,
): number | undefined {
  if (family === undefined || claims === undefined) return undefined
  const generation = generationOf(claims.id)
  // A cached record may be behind by one exchange.
  const isNews = generation > family.generation || !family.isPresented
  return isNews && generation >= family.generation ? generation : undefined
}

function changedTraits(
  record: SessionRecord,
  device: Pick<SessionRecord['traits'], 'address' | 'agent'>,
): Change['traits'] & object {
  const { address, agent, firstAddress, firstAgent } = record.traits
  // What the session began with is kept by the very write that overwrites it: no request can slip in between.
  return {
    ...(device.address === address
      ? {}
      : { address: device.address ?? null, firstAddress: firstAddress ?? address ?? NONE }),
    ...(device.agent === agent
      ? {}
      : { agent: device.agent ?? null, firstAgent: firstAgent ?? agent ?? NONE }),
  }
}

/** There was none at the sign-in. */
const NONE = '-'

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : 'unknown fault'
}
