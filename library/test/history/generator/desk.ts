import type { Operation, Outcome, Result } from '../history.js'
import type { AppProcess } from './app-process.js'
import type { Recorder } from './recorder.js'
import type { Answer, Ask, Body, Wire } from './wire.js'

/** What is presented beside the operation itself. */
export interface Presented {
  readonly cookie?: string
  readonly bearer?: string
  /** Milliseconds for which the handler is busy with something else. */
  readonly slow?: number
}

/** What became of an operation, for who goes on with it. */
export interface Handled {
  readonly outcome: Outcome
  readonly body: Body
  readonly cookie: string | undefined
}

/** Sends operations to processes and has them recorded. Refresh tokens are recorded by a name, never as they are. */
export class Desk {
  readonly recorder: Recorder
  readonly #wire: Wire
  readonly #processes: readonly AppProcess[]
  readonly #names = new Map<string, string>()

  constructor(recorder: Recorder, wire: Wire, processes: readonly AppProcess[]) {
    this.recorder = recorder
    this.#wire = wire
    this.#processes = processes
  }

  /** Processes that listen. */
  open(): readonly number[] {
    return [...this.#processes.keys()].filter((at) => this.#processes[at]?.port !== undefined)
  }

  nameOf(token: string): string {
    const name = this.#names.get(token) ?? `token-${String(this.#names.size + 1)}`
    this.#names.set(token, name)
    return name
  }

  async handle(
    client: number,
    process: number,
    operation: Operation,
    presented: Presented = {},
  ): Promise<Handled | undefined> {
    const port = this.#processes[process]?.port
    if (port === undefined) return undefined
    const complete = this.recorder.invoke(client, process, operation)
    const answer = await this.#wire.send(port, toAsk(operation, presented))
    const outcome = toOutcome(answer)
    complete(outcome, this.#toResult(answer))
    const isAnswered = typeof answer === 'object'
    const [cookie] = (isAnswered ? answer.headers['set-cookie'] : undefined) ?? []
    return { outcome, body: isAnswered ? answer.body : {}, cookie: cookie?.split(';')[0] }
  }

  #toResult(answer: Answer): Result {
    if (typeof answer !== 'object') return {}
    const { status, body } = answer
    const { id, subject, data, sum, ids, refreshToken, reason } = body
    return {
      ...(id !== undefined && { id }),
      ...(subject !== undefined && { subject }),
      ...(data !== undefined && { data }),
      ...(sum !== undefined && { sum }),
      ...(ids !== undefined && { ids }),
      ...(refreshToken !== undefined && { token: this.nameOf(refreshToken) }),
      ...(reason !== undefined && { reason }),
      ...(![200, 400, 401, 503].includes(status) && { status }),
    }
  }
}

function toOutcome(answer: Answer): Outcome {
  if (answer === 'late') return 'abandoned'
  if (answer === 'cut') return 'unknown'
  if (answer.status === 200) return 'ok'
  return answer.status === 401 || answer.status === 400 ? 'refused' : 'unknown'
}

function toAsk(operation: Operation, { cookie, bearer, slow }: Presented): Ask {
  const headers = {
    ...(cookie !== undefined && bearer === undefined && { cookie }),
    ...(bearer !== undefined && { authorization: `Bearer ${bearer}` }),
  }
  const { do: what, ...body } = operation
  if (operation.do === 'read') {
    return { method: 'GET', path: operation.isFresh ? '/fresh' : '/read', headers }
  }
  if (operation.do === 'list') return { method: 'GET', path: `/list/${operation.subject}`, headers }
  return { method: 'POST', path: `/${what}`, headers, body: { ...body, slow } }
}
