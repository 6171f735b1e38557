import type { Server, ServerResponse } from 'node:http'
import { setImmediate as nextTurn, setTimeout as pause } from 'node:timers/promises'
import { standardOutput, type Logger } from './log/index.js'
import type { Lifecycle } from './parts.js'

/**
 * So long the service still takes what comes, each answer being the last on its connection: what waits in the
 * queue of the operating system would be reset, and load balancers have to hear that we are leaving.
 */
const LEAVE_AFTER = 200
/** Somebody may have got an answer without that word just before, and be about to ask on: we stay until so long nobody did, */
const QUIET_FOR = 150
/** and no longer than this: somebody always asks. */
const LEAVE_WITHIN = 2_000
/** Requests under way get this long to finish. */
const DRAIN_WITHIN = 10_000
/** Idle keep-alive connections are looked for this often while draining. */
const LOOK_EVERY = 50
/** What is let go of after the last request gets this long: a store that is away must not hold the process. */
const LET_GO_WITHIN = 5_000
/** The last lines of the log get this long to be read. */
const LAST_LINES_WITHIN = 500

/** What has to be stopped. */
export interface Stoppable {
  readonly server: { readonly servers: readonly Server[] }
  readonly lifecycle: Lifecycle
  readonly log: Logger
  /** Ends what would not end by itself: streams. */
  readonly leave: () => void
  /** Lets go of stores and databases, after the last request. */
  readonly close: () => Promise<void>
}

/**
 * On SIGTERM or SIGINT: not ready any more, soon no new connections, requests under way finish (10 s at most),
 * then stores are closed and the process ends with 0. A second signal ends it at once.
 */
export function stopOnSignal(service: Stoppable): void {
  const { servers } = service.server
  for (const server of servers) answersOf(server)
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => {
      if (service.lifecycle.isDraining) process.exit(1)
      service.lifecycle.isDraining = true
      service.log.info({ event: 'service.stopping', signal }, 'Stopping')
      void stop(service, 0)
    })
  }
}

/** Ended by a fault in the program itself (sysexits.h, EX_SOFTWARE): whoever supervises the process starts it again. */
const EXIT_FAULT = 70

/**
 * The last resort (ASVS 16.5.4): what nobody caught is written as one line, without credentials, and ends the process as
 * a signal would, with the exit code 70. It is not gone on with: nobody knows what was left half done.
 */
export function stopOnFault(service: Stoppable): void {
  for (const kind of ['uncaughtException', 'unhandledRejection'] as const) {
    process.on(kind, (error: unknown) => {
      service.log.fatal({ event: 'process.failed', kind, err: error }, 'Nobody caught this')
      if (service.lifecycle.isDraining) process.exit(EXIT_FAULT)
      service.lifecycle.isDraining = true
      void stop(service, EXIT_FAULT)
    })
  }
}

async function stop({ server, leave, close, log }: Stoppable, code: number): Promise<void> {
  try {
    leave()
    await Promise.all(server.servers.map((one) => drain(one)))
    const isLetGo = await Promise.race([close().then(() => true), pause(LET_GO_WITHIN, false)])
    if (isLetGo) log.info({ event: 'service.stopped' }, 'Stopped')
    else log.warn({ event: 'service.stopped', isComplete: false }, 'Stopped without waiting longer')
    await standardOutput().written(LAST_LINES_WITHIN)
    process.exit(code)
  } catch (error) {
    log.error({ event: 'service.stop_failed', err: error }, 'Could not stop cleanly')
    await standardOutput().written(LAST_LINES_WITHIN)
    process.exit(1)
  }
}

const underWay = new WeakMap<Server, Set<ServerResponse>>()

/** The answers that are under way, from the first call on. */
function answersOf(server: Server): Set<ServerResponse> {
  const known = underWay.get(server)
  if (known !== undefined) return known
  const answers = new Set<ServerResponse>()
  underWay.set(server, answers)
  server.prependListener('request', (_request, response) => {
    answers.add(response)
    response.once('close', () => answers.delete(response))
  })
  return answers
}

/** Whoever is told so asks elsewhere next, and is not cut off while asking. */
function isLast(response: ServerResponse): void {
  if (!response.headersSent) response.setHeader('Connection', 'close')
}

/**
 * Takes nothing new and waits for the answers under way, `within` milliseconds at most. `close` waits for keep-alive
 * connections that do nothing; those are closed as they fall idle.
 */
export async function drain(server: Server, within = DRAIN_WITHIN): Promise<void> {
  for (const response of answersOf(server)) isLast(response)
  const begunAt = performance.now()
  let askedAt = -Infinity
  server.prependListener('request', (_request, response) => {
    isLast(response)
    askedAt = performance.now()
  })
  await pause(LEAVE_AFTER)
  while (isRecent(askedAt) && performance.now() - begunAt < LEAVE_WITHIN) await pause(LOOK_EVERY)
  await readWhatCame()
  const closed = new Promise<true>((resolve) => {
    server.close(() => {
      resolve(true)
    })
  })
  const patience = setTimeout(() => {
    server.closeAllConnections()
  }, within)
  while (!(await Promise.race([closed, pause(LOOK_EVERY, false)]))) {
    await readWhatCame()
    server.closeIdleConnections()
  }
  clearTimeout(patience)
}

function isRecent(askedAt: number): boolean {
  return performance.now() - askedAt < QUIET_FOR
}

/** After a busy moment timers come before sockets: a connection may look idle whose request lies waiting. */
async function readWhatCame(): Promise<void> {
  for (let turn = 0; turn < 3; turn += 1) await nextTurn()
}
