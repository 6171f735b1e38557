import assert from 'node:assert/strict'
import type { NewSession, Store } from '../../../store/store.js'
import { newSession } from '../fixtures.js'
import type { Model, ModelSession } from './model.js'
import { STEP, type Drawn } from './operations.js'
import { toFamily } from './rotating.js'
import { assertRecord, pick, type World } from './world.js'

/** Creates a session on both, and asserts that it was refused, or made room for, as it had to be. */
export async function create(world: World, drawn: Drawn<'create'>, store: Store): Promise<void> {
  const { model } = world
  const taken = drawn.reuse === undefined ? undefined : pick(world, drawn.reuse)
  if (taken !== undefined && isFree(model, taken)) return
  const session = newSession(store, {
    subject: drawn.subject,
    ...(taken === undefined ? {} : { id: taken.record.id, subject: taken.record.subject }),
    idleTimeout: drawn.idle * STEP,
    absoluteTimeout: drawn.absolute * STEP,
    data: Object.fromEntries(drawn.data),
    traits: { agent: 'drawn', ...(drawn.client === undefined ? {} : { client: drawn.client }) },
    ...(drawn.family === undefined ? {} : { family: toFamily(drawn.family) }),
    ...(drawn.limit === undefined ? {} : { limit: drawn.limit }),
  })
  const result = await store.create(session)
  const surplus = surplusOf(model, session)
  const reasons = refusals(model, session, surplus)
  if (result.status === 'refused') {
    assert.ok(reasons.includes(result.reason), `create was refused for ${result.reason}`)
    return
  }
  assert.deepEqual(reasons, [], 'create was not refused')
  assert.equal(result.evicted.length, surplus)
  evict(model, session, result.evicted)
  const { createdAt, lastSeenAt } = result.record
  model.add(session, { createdAt, lastSeenAt })
  assertRecord(world, result.record, model.byId(session.id).record)
}

/** An id whose tombstone and record are both gone could be used again: not what is tested here. */
function isFree(model: Model, session: ModelSession): boolean {
  return model.isOnTheEdge(session) || model.standing(session).status === 'missing'
}

/** How many sessions have to go for a new one to be within its limit. */
function surplusOf(model: Model, { subject, limit }: NewSession): number {
  if (subject === undefined || limit === undefined) return 0
  return Math.max(0, model.live(subject).length + 1 - limit.max)
}

function refusals(model: Model, { id, subject, limit }: NewSession, surplus: number): string[] {
  const reasons: string[] = []
  if (model.sessions.some(({ record }) => record.id === id)) reasons.push('exists')
  if (model.subject(subject).isDisabled) reasons.push('disabled')
  if (surplus > 0 && limit?.whenFull === 'refuse') reasons.push('limit')
  return reasons
}

function evict(model: Model, { subject, limit }: NewSession, evicted: readonly string[]): void {
  const live = subject === undefined ? [] : model.live(subject)
  const order = ({ actual }: ModelSession): number =>
    limit?.whenFull === 'evict-oldest' ? actual.createdAt : actual.lastSeenAt
  const spared = live.filter(({ record }) => !evicted.includes(record.id))
  const first = Math.min(...spared.map(order))
  for (const id of evicted) {
    const session = model.byId(id)
    assert.ok(live.includes(session), 'a session was evicted that was not live')
    assert.ok(order(session) <= first, `${limit?.whenFull ?? ''} took the wrong session`)
    model.report(session, 'evicted_limit')
  }
}
