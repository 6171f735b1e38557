import assert from 'node:assert/strict'
import type { SessionRecord } from '../../../store/record.js'
import { STORE_DEFAULTS, type Gone, type Store } from '../../../store/store.js'
import type { Scene } from '../harness.js'
import { changed, find, listAll, newId, newSession, reapAll, setting } from '../fixtures.js'
import { expectChange, toChange, valuesOf } from './changing.js'
import type { Model, ModelSession } from './model.js'
import { STEP, SUBJECTS, type Drawn, type Operation } from './operations.js'

/** The store and the model that are led through the same operations. */
export interface World {
  readonly scene: Scene
  readonly model: Model
  /** The store's instant at which the model's time begins. */
  readonly origin: number
  /** The model's instant up to which everything due has been reaped. */
  reapedAt: number
}

type Step<Kind extends Operation['kind']> = (
  world: World,
  drawn: Drawn<Kind>,
  store: Store,
) => Promise<void>

const STEPS: { readonly [Kind in Operation['kind']]: Step<Kind> } = {
  read: async (world, { session }, store) => checkRead(world, pick(world, session), store),
  readUnknown: async (_, __, store) => {
    assert.equal((await store.read(newId(store, 'ann'))).status, 'missing')
  },
  create,
  change,
  end,
  endAll,
  reap,
  list,
  changeSubject,
  advance,
}

/** Plays one operation on both, and asserts that they agree. */
export async function play(world: World, drawn: Operation): Promise<void> {
  const step = STEPS[drawn.kind] as Step<typeof drawn.kind>
  await step(world, drawn, world.scene[drawn.handle])
}

/** Sessions are few at the end of a list: later ones are drawn, older ones are mostly over. */
function pick({ model }: World, place: number): ModelSession | undefined {
  return model.sessions[model.sessions.length - 1 - (place % Math.max(1, model.sessions.length))]
}

async function checkRead(world: World, session: ModelSession | undefined, store: Store) {
  if (session === undefined || world.model.isOnTheEdge(session)) return
  const { model } = world
  const standing = model.standing(session)
  const result = await store.read(session.record.id)
  if (standing.status === 'missing') return assert.equal(result.status, 'missing')
  if (standing.status === 'over' && standing.isTombstone) {
    assert.equal(result.status, 'ended')
    assert.equal(result.ending.reason, standing.reason)
    assert.equal(result.ending.subject, session.record.subject)
    return
  }
  assert.equal(result.status, 'found')
  assertRecord(world, result.record, session.record)
  assert.deepEqual(result.subject, model.subject(session.record.subject))
}

/** Compares records, after turning the store's instants into the model's. */
function assertRecord({ origin }: World, actual: SessionRecord, expected: SessionRecord): void {
  const inModel = <T extends number | undefined>(instant: T): T =>
    (instant === undefined ? undefined : Math.floor((instant - origin) / STEP) * STEP) as T
  const record = {
    ...actual,
    createdAt: inModel(actual.createdAt),
    lastSeenAt: inModel(actual.lastSeenAt),
    authenticatedAt: inModel(actual.authenticatedAt),
    absoluteExpiresAt: inModel(actual.absoluteExpiresAt),
    previousUntil: inModel(actual.previousUntil),
  }
  assert.deepEqual(record, expected)
}

function assertGone({ model }: World, session: ModelSession, result: Gone): void {
  if (model.isOnTheEdge(session)) return
  const standing = model.standing(session)
  const reason = standing.status === 'over' ? standing.reason : undefined
  assert.equal(result.ending?.reason, reason)
}

async function create(world: World, drawn: Drawn<'create'>, store: Store): Promise<void> {
  const { model } = world
  const taken = drawn.reuse === undefined ? undefined : pick(world, drawn.reuse)
  if (taken !== undefined && (model.isOnTheEdge(taken) || isFree(model, taken))) return
  const subject = taken === undefined ? drawn.subject : taken.record.subject
  const session = newSession(store, {
    subject,
    ...(taken === undefined ? {} : { id: taken.record.id }),
    idleTimeout: drawn.idle * STEP,
    absoluteTimeout: drawn.absolute * STEP,
    data: Object.fromEntries(drawn.data),
    traits: { agent: 'drawn' },
    ...(drawn.limit === undefined ? {} : { limit: drawn.limit }),
  })
  const result = await store.create(session)
  const live = subject === undefined ? [] : model.live(subject)
  const surplus = subject === undefined ? 0 : live.length + 1 - (drawn.limit?.max ?? Infinity)
  const reasons = new Set<string>()
  if (taken !== undefined) reasons.add('exists')
  if (model.subject(subject).isDisabled) reasons.add('disabled')
  if (surplus > 0 && drawn.limit?.whenFull === 'refuse') reasons.add('limit')
  if (result.status === 'refused') {
    assert.ok(reasons.has(result.reason), `create was refused for ${result.reason}`)
    return
  }
  assert.deepEqual([...reasons], [], 'create was not refused')
  assert.equal(result.evicted.length, Math.max(0, surplus))
  evict(world, live, result.evicted, drawn.limit?.whenFull)
  const { createdAt, lastSeenAt } = result.record
  model.add(session, { createdAt, lastSeenAt })
  assertRecord(world, result.record, model.byId(session.id).record)
}

/** An id whose tombstone and record are both gone could be used again: not what is tested here. */
function isFree(model: Model, session: ModelSession): boolean {
  return model.standing(session).status === 'missing'
}

function evict(
  { model }: World,
  live: readonly ModelSession[],
  evicted: readonly string[],
  whenFull = 'refuse',
): void {
  const order = ({ actual }: ModelSession): number =>
    whenFull === 'evict-oldest' ? actual.createdAt : actual.lastSeenAt
  const spared = live.filter(({ record }) => !evicted.includes(record.id))
  const first = Math.min(...spared.map(order))
  for (const id of evicted) {
    const session = model.byId(id)
    assert.ok(live.includes(session), 'a session was evicted that was not live')
    assert.ok(order(session) <= first, `${whenFull} took the wrong session`)
    model.report(session, 'evicted_limit')
  }
}

async function change(world: World, drawn: Drawn<'change'>, store: Store): Promise<void> {
  const { model } = world
  const session = pick(world, drawn.session)
  if (session === undefined) return
  const wanted = toChange(drawn, session.record)
  const result = await store.change(session.record.id, wanted)
  if (model.standing(session).status !== 'live') {
    assert.equal(result.status, 'gone')
    assertGone(world, session, result)
    return
  }
  const expected = expectChange(session.record, wanted, model.now)
  if (expected.status === 'refused') {
    const isExpected = expected.reasons.has(result.status as 'conflict')
    assert.ok(isExpected, `change answered ${result.status}, not ${[...expected.reasons].join()}`)
    await checkRead(world, session, store)
    return
  }
  const answer = changed(result)
  assert.equal(answer.revision, expected.record.revision)
  assert.equal(answer.conflicts, expected.conflicts)
  assert.deepEqual(answer.values, valuesOf(expected.record, wanted))
  session.record = expected.record
  session.actual.lastSeenAt = answer.lastSeenAt
  const { record } = await find(store, session.record.id)
  assert.equal(record.lastSeenAt, answer.lastSeenAt)
  assert.equal(record.authenticatedAt, answer.authenticatedAt)
  assertRecord(world, record, expected.record)
}

async function end(world: World, drawn: Drawn<'end'>, store: Store): Promise<void> {
  const { model } = world
  const session = pick(world, drawn.session)
  if (session === undefined) return
  const { reason } = drawn
  const after = (drawn.after ?? 0) * STEP
  const options = drawn.after === undefined ? {} : { after }
  const result = await store.end(session.record.id, reason, options)
  if (model.standing(session).status !== 'live') {
    assert.equal(result.status, 'gone')
    assertGone(world, session, result)
    return
  }
  assert.equal(result.status, 'ended')
  assert.equal(result.record.id, session.record.id)
  assert.equal(result.record.data.size, 0)
  if (after === 0) return model.report(session, reason)
  const absoluteExpiresAt = Math.min(session.record.absoluteExpiresAt, model.now + after)
  session.record = { ...session.record, absoluteExpiresAt, endsAs: reason }
  await checkRead(world, session, store)
}

async function endAll(world: World, drawn: Drawn<'endAll'>, store: Store): Promise<void> {
  const { model } = world
  const { subject, reason } = drawn
  const spared = drawn.except === undefined ? undefined : pick(world, drawn.except)
  const result = await store.endAll(subject, reason, spared?.record.id)
  const live = model.live(subject)
  const isSpared = spared !== undefined && live.includes(spared)
  model.raiseEpoch(subject, reason, isSpared ? spared : undefined)
  const { epoch } = model.subject(subject)
  assert.deepEqual(result, { count: live.length - (isSpared ? 1 : 0), epoch })
}

async function reap(world: World, drawn: Drawn<'reap'>, store: Store): Promise<void> {
  const { model } = world
  const due = model.due(drawn.subject)
  const { reaped, hasMore } = await store.reap(drawn.subject, drawn.limit)
  assert.equal(reaped.length, Math.min(due.length, drawn.limit), 'how many were reaped')
  assert.equal(hasMore, due.length > drawn.limit, 'hasMore')
  for (const { id, reason } of reaped) noteReaped(model, id, reason)
}

function noteReaped(model: Model, id: string, reason: string): void {
  const session = model.byId(id)
  const standing = model.standing(session)
  assert.ok(standing.status === 'over', `${id} was reaped, but is ${standing.status}`)
  assert.equal(reason, standing.reason)
  model.report(session, standing.reason)
}

async function list(world: World, drawn: Drawn<'list'>, store: Store): Promise<void> {
  const records = await listAll(store, drawn.subject, drawn.limit)
  const sorted = [...records].sort((a, b) => b.lastSeenAt - a.lastSeenAt || (a.id < b.id ? -1 : 1))
  assert.deepEqual(records, sorted, 'the list is not in order')
  const live = world.model.live(drawn.subject)
  assert.equal(records.length, live.length, 'how many are listed')
  for (const record of records) {
    const session = world.model.byId(record.id)
    assert.ok(live.includes(session), 'a session is listed that is not live')
    assertRecord(world, record, { ...session.record, data: new Map() })
  }
}

async function changeSubject(
  world: World,
  drawn: Drawn<'changeSubject'>,
  store: Store,
): Promise<void> {
  const { model } = world
  const { subject, isDisabled } = drawn
  const [key, json] = drawn.attribute ?? []
  const attributes = new Map(model.subject(subject).attributes)
  if (key !== undefined && json === undefined) attributes.delete(key)
  if (key !== undefined && json !== undefined) attributes.set(key, json)
  if (isDisabled === true && !model.subject(subject).isDisabled) {
    model.raiseEpoch(subject, 'subject_disabled')
  }
  model.setSubject(subject, { attributes, ...(isDisabled === undefined ? {} : { isDisabled }) })
  const result = await store.changeSubject(subject, {
    ...(isDisabled === undefined ? {} : { isDisabled }),
    ...(key === undefined ? {} : json === undefined ? { delete: [key] } : setting(key, json)),
  })
  assert.deepEqual(result, model.subject(subject))
  assert.deepEqual(await store.readSubject(subject), model.subject(subject))
}

/**
 * Moves time. Everything due is reaped before its record could have lingered, so that no end goes
 * unreported; and a run stays within the day for which a subject's record is kept in any case.
 */
async function advance(world: World, { steps }: Drawn<'advance'>): Promise<void> {
  const { model, scene } = world
  const next = model.now + steps * STEP
  if (next >= STORE_DEFAULTS.tombstoneFor) return
  if (next - world.reapedAt >= STORE_DEFAULTS.lingerFor) await settle(world)
  await scene.advance(steps * STEP)
  model.now = next
}

/** Reaps all that is due, for every subject. */
export async function settle(world: World): Promise<void> {
  const { model, scene } = world
  for (const subject of SUBJECTS) {
    const reaped = await reapAll(scene.store, subject)
    for (const { id, reason } of reaped) noteReaped(model, id, reason)
    assert.deepEqual(model.due(subject), [], 'reap left sessions that were due')
  }
  world.reapedAt = model.now
}
