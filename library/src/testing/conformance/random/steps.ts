import assert from 'node:assert/strict'
import { STORE_DEFAULTS, type Store } from '../../../store/store.js'
import { changed, find, listAll, newId, reapAll } from '../fixtures.js'
import { walkAll } from '../walking.js'
import { create } from './creating.js'
import { expectChange, toChange, valuesOf } from './changing.js'
import type { Model, ModelSession } from './model.js'
import { STEP, SUBJECTS, type Drawn, type Operation } from './operations.js'
import { rotate } from './rotating.js'
import { assertGone, assertRecord, pick, type World } from './world.js'

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
  rotate,
  end,
  endAll,
  reap,
  list,
  walk,
  changeSubject,
  advance,
}

/** Plays one operation on both, and asserts that they agree. */
export async function play(world: World, drawn: Operation): Promise<void> {
  const step = STEPS[drawn.kind] as Step<typeof drawn.kind>
  await step(world, drawn, world.scene[drawn.handle])
}

async function checkRead(
  world: World,
  session: ModelSession | undefined,
  store: Store,
): Promise<void> {
  if (session === undefined || world.model.isOnTheEdge(session)) return
  const { model } = world
  const standing = model.standing(session)
  const result = await store.read(session.record.id)
  if (standing.status === 'missing') {
    assert.equal(result.status, 'missing')
    return
  }
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
  if (after === 0) {
    model.report(session, reason)
    return
  }
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

async function walk(world: World, { limit }: Drawn<'walk'>, store: Store): Promise<void> {
  if (store.walk === undefined) return
  const met = await walkAll(store, limit)
  const live = world.model.allLive()
  assert.equal(met.size, live.length, 'how many a walk meets')
  for (const { record } of live) {
    const actual = met.get(record.id)
    assert.ok(actual, 'a walk missed a live session')
    assertRecord(world, actual, record)
  }
}

async function changeSubject(
  { model }: World,
  { subject, isDisabled, attribute }: Drawn<'changeSubject'>,
  store: Store,
): Promise<void> {
  const before = model.subject(subject)
  if (isDisabled === true && !before.isDisabled) model.raiseEpoch(subject, 'subject_disabled')
  const attributes = new Map(before.attributes)
  const change: { set?: Map<string, string>; delete?: string[] } = {}
  const [key, json] = attribute ?? []
  if (key !== undefined && json !== undefined) {
    attributes.set(key, json)
    change.set = new Map([[key, json]])
  } else if (key !== undefined) {
    attributes.delete(key)
    change.delete = [key]
  }
  const disabling = isDisabled === undefined ? {} : { isDisabled }
  const version = before.version + (attribute === undefined ? 0 : 1)
  model.setSubject(subject, { attributes, version, ...disabling })
  const result = await store.changeSubject(subject, { ...change, ...disabling })
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
