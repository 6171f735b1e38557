/**
 * history/ owns a bounded run in the manner of Jepsen, and its judge. generator/ sends random work to several processes of an
 * application, and faults in between; every invocation and every completion becomes a line of a history. checker/ judges such a
 * history, and never looks at anything else: so a history that was kept can be judged again, and made up by hand.
 *
 * All instants are milliseconds of one monotonic clock, that of the generator.
 */

/** What one client asks one process for. `session` is a public id; `token` a short name for one text of a refresh token. */
export type Operation =
  | { readonly do: 'sign-in'; readonly subject: string }
  | { readonly do: 'read'; readonly session: string; readonly isFresh: boolean }
  | {
      readonly do: 'set'
      readonly session: string
      readonly key: string
      readonly value: string
    }
  | { readonly do: 'delete'; readonly session: string; readonly key: string }
  | { readonly do: 'increment'; readonly session: string; readonly key: string }
  | { readonly do: 'refresh'; readonly session: string; readonly token: string }
  | { readonly do: 'sign-out'; readonly session: string }
  | { readonly do: 'revoke'; readonly session: string }
  | { readonly do: 'revoke-all'; readonly subject: string; readonly except?: string }
  | { readonly do: 'list'; readonly subject: string }

/** What was answered; each operation fills in its own. */
export interface Result {
  /** sign-in: the new session. read: the one that was served. */
  readonly id?: string
  readonly subject?: string
  /** read: all values by key. */
  readonly data?: Readonly<Record<string, unknown>>
  /** increment: the sum. */
  readonly sum?: number
  /** sign-in: the first refresh token. refresh: the successor. */
  readonly token?: string
  /** list: the live sessions. */
  readonly ids?: readonly string[]
  /** Where it was refused: why the session ended, if that was told. */
  readonly reason?: string
  /** The status of the answer, where it was none of those that an application expects. */
  readonly status?: number
}

/**
 * `ok`: acknowledged. `refused`: surely not done, since there is no such session (any more). `unknown`: 503, timeout or cut; it was
 * done or not, or will be until {@link About.lateAfter} has passed. `abandoned`: nobody waits any longer, though the process may
 * still be at it; it may be done at any time.
 */
export type Outcome = 'ok' | 'refused' | 'unknown' | 'abandoned'

/** The first line: what was promised, and how the run can be made again. */
export interface About {
  readonly kind: 'about'
  readonly subject: string
  readonly seed: number
  /** For how long a process may go by what it knew: the published bound of the near cache. 0: strict. */
  readonly staleness: number
  /** For how long after an `unknown` something may still be done. `null`: for ever. */
  readonly lateAfter: number | null
  /** For how long a refresh token that was exchanged is answered with the same successor. */
  readonly grace: number
}

export interface Invocation {
  readonly kind: 'invoke'
  readonly call: number
  readonly at: number
  readonly client: number
  readonly process: number
  readonly operation: Operation
}

export interface Completion {
  readonly kind: 'complete'
  readonly call: number
  readonly at: number
  readonly outcome: Outcome
  readonly result?: Result
}

/** For who reads the history; the checker does not excuse anything by it. */
export interface Fault {
  readonly kind: 'fault'
  readonly at: number
  readonly what: string
}

/** What rests in the store at the end, read below the application. */
export interface Dump {
  readonly kind: 'dump'
  readonly at: number
  /** Records of sessions that are live. */
  readonly live: readonly { readonly id: string; readonly subject: string }[]
  /** Members of the subjects' indexes that have not run out. `null`: there is no index to look into. */
  readonly indexed: readonly { readonly id: string; readonly subject: string }[] | null
}

export type Line = About | Invocation | Completion | Fault | Dump

export type History = readonly Line[]

/** An operation with what became of it. */
export interface Call<Op extends Operation = Operation> {
  readonly number: number
  readonly client: number
  readonly process: number
  readonly operation: Op
  readonly invokedAt: number
  /** When its outcome was known; `Infinity`: never. */
  readonly completedAt: number
  /** After this instant it changes nothing any more. */
  readonly settledAt: number
  readonly outcome: Outcome
  readonly result: Result
}

/** A history sorted into its parts. */
export interface Told {
  readonly about: About
  readonly calls: readonly Call[]
  readonly dump: Dump | undefined
}

export function tell(history: History): Told {
  const about = history.find((line) => line.kind === 'about')
  if (about === undefined) throw new Error('a history begins by saying what it is about')
  const completions = new Map<number, Completion>()
  for (const line of history) if (line.kind === 'complete') completions.set(line.call, line)
  const calls = history
    .filter((line) => line.kind === 'invoke')
    .map((line) => toCall(line, completions.get(line.call), about))
  return { about, calls, dump: history.find((line) => line.kind === 'dump') }
}

function toCall(invocation: Invocation, completion: Completion | undefined, about: About): Call {
  const { call: number, at: invokedAt, client, process, operation } = invocation
  const outcome = completion?.outcome ?? 'abandoned'
  const completedAt = completion?.at ?? Number.POSITIVE_INFINITY
  const late = outcome === 'unknown' ? (about.lateAfter ?? Infinity) : 0
  return {
    number,
    client,
    process,
    operation,
    invokedAt,
    completedAt,
    settledAt: outcome === 'abandoned' ? Infinity : completedAt + late,
    outcome,
    result: completion?.result ?? {},
  }
}

/** Whether a call is one of `what`. */
export function isA<Name extends Operation['do']>(
  call: Call,
  ...what: readonly Name[]
): call is Call<Extract<Operation, { readonly do: Name }>> {
  return (what as readonly string[]).includes(call.operation.do)
}

/** One JSON line each. */
export function toText(history: History): string {
  return history.map((line) => `${JSON.stringify(line)}\n`).join('')
}

export function fromText(text: string): History {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Line)
}
