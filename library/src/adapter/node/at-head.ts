import type { ServerResponse } from 'node:http'
import { applyOutgoing, type Outgoing } from '../../response/outgoing.js'
import { hasExplicitHeaders, mergeExplicitHeaders, snapshotOf } from './explicit-headers.js'

type WriteHead = (...args: unknown[]) => unknown

/** What a response still has to say at its head. */
const OWED = Symbol('sojourn: headers owed')

interface Owing {
  writeHead: WriteHead
  [OWED]?: Outgoing | undefined
}

/**
 * Adds `outgoing` when the head of the answer is written, which Node does through `writeHead` whether or not the
 * application calls it. By then the application has said what it wants to, and keeps it.
 */
export function addAtHead(response: ServerResponse, outgoing: Outgoing): void {
  const target = response as unknown as Owing
  // Somebody else waits for the head, too, and has put a function of its own there.
  if (Object.hasOwn(target, 'writeHead')) addBefore(target, outgoing)
  else {
    target[OWED] = outgoing
    target.writeHead = writeHeadWithOwed
  }
}

/** One function for all responses: a closure for each costs more than what it says. */
function writeHeadWithOwed(this: Owing, ...args: unknown[]): unknown {
  const { writeHead } = Object.getPrototypeOf(this) as { writeHead: WriteHead }
  const outgoing = this[OWED]
  if (outgoing === undefined) return writeHead.apply(this, args)
  this[OWED] = undefined
  return writeHead.apply(this, withOwed(this, outgoing, args))
}

function addBefore(target: Owing, outgoing: Outgoing): void {
  const { writeHead } = target
  target.writeHead = (...args) => {
    target.writeHead = writeHead
    return writeHead.apply(target, withOwed(target, outgoing, args))
  }
}

/** Sets the headers, and answers what `writeHead` has to be called with so that the application's own stay. */
function withOwed(target: Owing, outgoing: Outgoing, args: unknown[]): unknown[] {
  const response = target as unknown as ServerResponse
  if (!hasExplicitHeaders(args)) {
    applyOutgoing(response, outgoing)
    return args
  }
  const before = snapshotOf(response)
  applyOutgoing(response, outgoing)
  return mergeExplicitHeaders(response, before, args)
}
