/**
 * cannon.ts drives autocannon, which sends more than Node's own client can and so finds the limit of a fast application.
 * It serves the simplest case alone: fixed requests, in a closed loop, over plain http. For the rest it does not fit:
 *
 * - its correction for a rate takes 1 ms as the interval between two requests, whatever the rate (run.js: `Math.ceil(1 / rate)`),
 *   and it sends each second's requests in a burst;
 * - over https it does not look at certificates, so whoever stands between would be shown the credential;
 * - it ends by cutting off what is under way, so a run cannot be reconciled with the counters of a server, and who has lost an
 *   answer no longer knows which refresh token is good.
 */
import autocannon from 'autocannon'
import type { PathPlan } from './paths.js'
import type { Outcome, Recorder } from './recorder.js'

export interface Shots extends PathPlan {
  readonly origin: URL
  readonly connections: number
  /** Milliseconds. */
  readonly duration: number
  /** Milliseconds. */
  readonly timeout: number
  readonly recorder: Recorder
  readonly signal: AbortSignal
}

/** It connects anew at once, and again, where nobody listens. So many failures say enough. */
const ENOUGH = 1_000
/** Milliseconds after which it looks whether it is to stop. */
const TICK = 50

export async function fire(shots: Shots): Promise<void> {
  const { origin, connections, duration, timeout, recorder, signal } = shots
  const until = performance.now() + duration
  const add: Add = (operation, outcome, took, received) => {
    // It stops at its next tick only.
    if (signal.aborted || performance.now() > until) return
    recorder.add({ operation, outcome, took, served: took, bytes: { received, sent: 0 } })
  }
  const settings = {
    url: origin.origin,
    connections,
    duration: Math.ceil(duration / 1_000) + 1,
    timeout: Math.ceil(timeout / 1_000),
    bailout: ENOUGH,
    sampleInt: TICK,
    setupClient: (client: autocannon.Client) => {
      aim(client, shots, add)
    },
  }
  await new Promise<void>((resolve) => {
    const instance = autocannon(settings, () => {
      clearTimeout(timer)
      signal.removeEventListener('abort', stop)
      resolve()
    })
    const stop = (): void => instance.stop()
    const timer = setTimeout(stop, duration)
    signal.addEventListener('abort', stop, { once: true })
    instance.on('reqError', (error: Error) => {
      add('none', error.message === 'request timed out' ? 'timeout' : 'connection', timeout, 0)
    })
  })
}

type Add = (operation: string, outcome: Outcome, took: number, received: number) => void

/** Each connection asks for all paths in turn; the first ones differ, so that they do not march in step. */
function aim(client: autocannon.Client, { paths, headers }: PathPlan, add: Add): void {
  let answered = ''
  const start = (turn += 1) % paths.length
  const inOrder = [...paths.slice(start), ...paths.slice(0, start)]
  client.setRequests(
    inOrder.map((path) => ({
      path,
      headers,
      onResponse: () => {
        answered = `GET ${path}`
      },
    })),
  )
  client.on('response', (status, bytes, took) => {
    add(answered, status, took, bytes)
  })
}

let turn = 0
