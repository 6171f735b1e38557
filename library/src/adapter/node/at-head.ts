import type { ServerResponse } from 'node:http'
import { applyOutgoing, type HeaderTarget, type Outgoing } from '../../response/outgoing.js'
import { hasExplicitHeaders, mergeExplicitHeaders, snapshotOf } from './explicit-headers.js'

type WriteHead = (...args: unknown[]) => unknown

interface Answering {
  readonly headersSent: boolean
  writeHead: WriteHead
}

/**
 * Adds `outgoing` when the head of the answer is written, which Node does through `writeHead` whether or not the
 * application calls it. By then the application has said what it wants to, and keeps it.
 *
 * @param outgoing - one of a few that are always the same: what is made for it is kept.
 */
export function addAtHead(response: ServerResponse, outgoing: Outgoing): void {
  const target = response as unknown as Answering
  // Somebody else waits for the head, too, and has put a function of its own there.
  if (Object.hasOwn(target, 'writeHead')) addBefore(target, outgoing)
  else target.writeHead = writeHeadFor(outgoing)
}

const MADE = new WeakMap<Outgoing, WriteHead>()

/** One function for all responses: a closure for each costs more than what it says. */
function writeHeadFor(outgoing: Outgoing): WriteHead {
  const made = MADE.get(outgoing)
  if (made !== undefined) return made
  const writeHead = function (this: Answering, ...args: unknown[]): unknown {
    const { writeHead: own } = Object.getPrototypeOf(this) as { writeHead: WriteHead }
    return own.apply(this, this.headersSent ? args : withOwed(this, outgoing, args))
  }
  MADE.set(outgoing, writeHead)
  return writeHead
}

function addBefore(target: Answering, outgoing: Outgoing): void {
  const { writeHead } = target
  target.writeHead = (...args) => {
    target.writeHead = writeHead
    return writeHead.apply(target, withOwed(target, outgoing, args))
  }
}

/** Sets the headers, and answers what `writeHead` has to be called with so that the application's own stay. */
function withOwed(target: Answering, outgoing: Outgoing, args: unknown[]): unknown[] {
  const response = target as unknown as ServerResponse
  if (!hasExplicitHeaders(args)) {
    applyOutgoing(response, outgoing)
    return args
  }
  const before = snapshotOf(response)
  applyOutgoing(response, outgoing)
  return mergeExplicitHeaders(response, before, args)
}

/** Runs `run` when the head is written, with the headers as they are then, those given to `writeHead` itself included. */
export function whenHeadIsWritten(
  response: ServerResponse,
  run: (head: HeaderTarget) => void,
): void {
  const target = response as unknown as Answering
  const { writeHead } = target
  target.writeHead = function (...args) {
    if (!response.headersSent) run(headOf(response, args))
    return writeHead.apply(this, args)
  }
}

function headOf(response: ServerResponse, args: readonly unknown[]): HeaderTarget {
  return {
    getHeader: (name) => explicitHeader(args, name.toLowerCase()) ?? response.getHeader(name),
    setHeader: (name, value) => response.setHeader(name, value),
  }
}

/** A header among those that were given to `writeHead` itself. */
function explicitHeader(args: readonly unknown[], wanted: string): string | undefined {
  const given = typeof args[1] === 'string' ? args[2] : (args[2] ?? args[1])
  if (typeof given !== 'object' || given === null) return undefined
  const flat: unknown[] = Array.isArray(given) ? given.flat() : Object.entries(given).flat()
  const at = flat.findIndex(
    (name, index) => index % 2 === 0 && String(name).toLowerCase() === wanted,
  )
  const value = at === -1 ? undefined : flat[at + 1]
  return typeof value === 'string' ? value : undefined
}
