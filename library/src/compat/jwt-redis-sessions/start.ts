import { familyDigest } from '../../credential/refresh-token.js'
import { NO_SUBJECT_RECORD } from '../../store/record.js'
import type { CreateResult } from '../../store/store.js'
import { systemClock } from '../../system/clock.js'
import { sha256 } from '../../system/digest.js'
import { randomToken } from '../../system/random.js'
import { validateSecret } from './config.js'
import type { Engine } from './engine.js'
import { assertExpiries } from './lifetimes.js'
import { oldHash } from './old-records.js'
import { writePair } from './pair.js'
import type { HttpRequest } from './request.js'
import { subjectOf, toRecordData, toStay, type Facts, type Stay } from './stay.js'
import { identifiersIn, pickTokenData, validateTokenData } from './token-data.js'
import type { TokenData, TokenResponse } from './types.js'

/** Starts a session and answers its first pair of tokens. Throws `ValidationError` for data that must not get into one. */
export async function generateToken(
  engine: Engine,
  given: TokenData | null | undefined,
  request: HttpRequest | null,
): Promise<TokenResponse> {
  const { config, old, seedBytes } = engine
  validateSecret(config.jwt.secret)
  validateTokenData(given, config.security.allowedTokenFields)
  assertExpiries(config)
  const data = pickTokenData(given ?? {}, config.security.allowedTokenFields)
  const id = Buffer.from(randomToken(config.security.tokenLength), 'base64url').toString('hex')
  const seed = randomToken(seedBytes)
  const isShared = config.security.adoption === 'share'
  const stay = await start(engine, { data, seed, facts: { id, offset: 0, isShared } })
  const { response, refreshExpiresAt } = writePair(engine, stay, seed, request)
  if (isShared) {
    const to = oldHash(response.refreshToken)
    await old?.share({ id, data, to, version: 1, refreshExpiresAt })
  }
  return response
}

async function start(engine: Engine, session: NewStay): Promise<Stay> {
  const { stay } = await createStay(engine, session)
  if (stay === undefined) throw new Error('the session could not be started')
  return stay
}

/** A session about to be created. */
export interface NewStay {
  readonly data: TokenData
  /** `undefined`: nobody has a refresh token of it. */
  readonly seed: string | undefined
  readonly facts: Omit<Facts, 'epochs'>
}

/** Creates the record; `stay` is `undefined` where there is one of that id already, alive or over. */
export async function createStay(
  engine: Engine,
  { data, seed, facts }: NewStay,
): Promise<{ readonly id: string; readonly stay: Stay | undefined }> {
  const { core, names } = engine
  const subject = subjectOf(engine, data, facts.id)
  const id = names.session(subject, facts.id)
  const all: Facts = { ...facts, epochs: await joinNames(engine, identifiersIn(data), subject) }
  const { lifetimes, tokens } = core.settings
  const result = await core.store.create({
    id,
    subject,
    // No cookie presents it: nobody has the secret.
    secretDigest: sha256(randomToken(32)),
    idleTimeout: lifetimes.signedIn.idle,
    absoluteTimeout: lifetimes.signedIn.absolute,
    traits: {},
    data: toRecordData(data, all),
    ...(seed === undefined
      ? {}
      : { family: { seedDigest: familyDigest(seed), lifetime: tokens?.refreshLifetime ?? 0 } }),
  })
  return { id, stay: created(engine, result) }
}

function created({ core }: Engine, result: CreateResult): Stay | undefined {
  if (result.status === 'refused') {
    if (result.reason === 'exists') return undefined
    throw new Error('this person may have no session')
  }
  const { record } = result
  core.events.emit('session.started', {
    id: record.id,
    subject: record.subject,
    methods: [],
    address: '',
  })
  return toStay(record, NO_SUBJECT_RECORD, record.createdAt)
}

/** How often it is told anew that somebody goes by a name, milliseconds. */
export const TELL_EVERY = 1_800_000

/**
 * Lets a session be found by the person's further names: each knows the subjects that go by it, and since when. Answers
 * their epochs as they were before the session began.
 */
async function joinNames(
  { core, names }: Engine,
  identifiers: readonly string[],
  subject: string,
): Promise<readonly number[]> {
  return Promise.all(
    identifiers.slice(1).map(async (identifier) => {
      const alias = names.alias(identifier)
      const { attributes, epoch } = await core.store.readSubject(alias)
      const now = systemClock.now()
      if (now - Number(attributes.get(subject) ?? 0) > TELL_EVERY) {
        await core.store.changeSubject(alias, { set: new Map([[subject, String(now)]]) })
      }
      return epoch
    }),
  )
}
