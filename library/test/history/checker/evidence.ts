/**
 * checker/ judges histories: `check` in check.ts, one file of rules/ for each kind of promise. It is pure, and knows nothing of
 * applications, stores and processes.
 */
import { isA, type Call, type Told } from '../history.js'
import type { Life } from './lives.js'

/** What can be wrong with a history. */
export type Rule =
  /** A session was accepted after it was over, later than the bound. */
  | 'resurrected'
  /** A session was refused though nothing had ended it. */
  | 'signed-out'
  /** What was read, or added up, cannot be explained by the writes. */
  | 'lost-write'
  /** One refresh token has two successors, or lives on though its successor was presented. */
  | 'two-successors'
  /** An honest client was taken for a thief. */
  | 'false-alarm'
  /** The index, the records and the lists do not say the same. */
  | 'index'
  /** Somebody was served somebody else's session or data. */
  | 'stranger'
  /** There is a session that no sign-in explains. */
  | 'created'
  /** An answer that no application expects: neither yes, nor no, nor "not now". */
  | 'fault'

export interface Violation {
  readonly rule: Rule
  readonly message: string
  /** The numbers of the calls that show it. */
  readonly calls: readonly number[]
}

/** What every rule goes by. */
export interface Evidence extends Told {
  readonly lives: ReadonlyMap<string, Life>
}

export function violation(rule: Rule, message: string, ...calls: readonly Call[]): Violation {
  return { rule, message, calls: calls.map(({ number }) => number) }
}

/** What a call asked of a session, in words. */
export function describe(call: Call): string {
  const { operation } = call
  const whose = isA(call, 'sign-in', 'list', 'revoke-all')
    ? call.operation.subject
    : (operation as { readonly session: string }).session
  return `${operation.do} (${whose}, at ${call.invokedAt.toFixed(0)} ms)`
}
