import { setTimeout as pause } from 'node:timers/promises'
import type { Scenario, Step } from './crowd.js'
import type { Recorder } from './recorder.js'
import type { Reply, Wire } from './wire.js'

/** How long, how hard, and where to. */
export interface Drive {
  readonly scenario: Scenario
  readonly wire: Wire
  readonly connections: number
  /** Milliseconds. */
  readonly duration: number
  /** Requests a second, whatever the answers (open loop); `undefined`: each connection sends when it has an answer. */
  readonly rate: number | undefined
  /** Nothing is sent after it was aborted; what is under way is waited for. */
  readonly signal: AbortSignal
  readonly recorder: Recorder
}

/** A connection that cannot be made rests, so that a server that starts again is not kept from it. */
const REST = 100
/** How often an open loop looks for what is due. */
const TICK = 2

/** Sends until the time is over, then waits for the answers that are still to come. */
export async function drive(plan: Drive): Promise<void> {
  await (plan.rate === undefined ? closedLoop(plan) : openLoop(plan, plan.rate))
}

async function closedLoop(plan: Drive): Promise<void> {
  const { scenario, connections, duration, signal } = plan
  const until = performance.now() + duration
  const isOver = (): boolean => signal.aborted || performance.now() >= until
  const work = async (): Promise<void> => {
    while (!isOver()) {
      const step = scenario.next()
      if (step === undefined) await pause(TICK)
      else if ((await send(plan, step, performance.now())) === 'connection') await pause(REST)
    }
  }
  await Promise.all(Array.from({ length: connections }, work))
}

/**
 * A request is due every 1/rate seconds, and its time counts from then, though all connections or all people may be
 * busy at that instant. A slow server cannot slow down the clock that measures it (no coordinated omission).
 */
async function openLoop(plan: Drive, rate: number): Promise<void> {
  const { scenario, connections, duration, signal, recorder } = plan
  const begunAt = performance.now()
  const total = Math.floor((duration / 1_000) * rate)
  const dueAt = (index: number): number => begunAt + (index * 1_000) / rate
  const underWay = new Set<Promise<unknown>>()
  let sent = 0
  const sendDue = (): void => {
    while (sent < total && underWay.size < connections && dueAt(sent) <= performance.now()) {
      const step = scenario.next()
      if (step === undefined) return
      const sending = send(plan, step, dueAt(sent)).finally(() => {
        underWay.delete(sending)
        // Whoever waits for a connection gets it now, not at the next tick.
        if (!signal.aborted && performance.now() < begunAt + duration) sendDue()
      })
      underWay.add(sending)
      sent += 1
    }
  }
  while (!signal.aborted && performance.now() < begunAt + duration) {
    sendDue()
    await pause(TICK)
  }
  // A timer that was late is no fault of the service: what has found a connection now was sent in time.
  if (!signal.aborted) sendDue()
  const isBehind = underWay.size >= connections || !signal.aborted
  const endedAt = Math.min(performance.now(), begunAt + duration)
  for (; isBehind && sent < total && dueAt(sent) <= endedAt; sent += 1) noteUnsent(recorder)
  await Promise.all(underWay)
}

async function send(plan: Drive, step: Step, dueAt: number): Promise<Reply['outcome']> {
  const reply = await plan.wire.send(step.call)
  const { outcome, served, bytes } = reply
  const took = plan.rate === undefined ? served : performance.now() - dueAt
  plan.recorder.add({ operation: step.operation, outcome, took, served, bytes })
  step.settle(reply)
  return outcome
}

/** It was due and never left: that is an error, of no operation, for nobody knows whose turn it would have been. */
function noteUnsent(recorder: Recorder): void {
  const bytes = { received: 0, sent: 0 }
  recorder.add({ operation: 'none', outcome: 'not-sent', took: 0, served: 0, bytes })
}
