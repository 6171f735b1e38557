import type { ServerResponse } from 'node:http'
import { applyOutgoing, type Outgoing } from '../../response/outgoing.js'
import { hasExplicitHeaders, mergeExplicitHeaders, snapshotOf } from './explicit-headers.js'

type WriteHead = (...args: unknown[]) => unknown

/**
 * Adds `outgoing` when the head of the answer is written, which Node does through `writeHead` whether or not the
 * application calls it. By then the application has said what it wants to, and keeps it.
 */
export function addAtHead(response: ServerResponse, outgoing: Outgoing): void {
  const target = response as unknown as { writeHead: WriteHead }
  const { writeHead } = target
  target.writeHead = (...args) => {
    target.writeHead = writeHead
    if (!hasExplicitHeaders(args)) {
      applyOutgoing(response, outgoing)
      return writeHead.apply(response, args)
    }
    const before = snapshotOf(response)
    applyOutgoing(response, outgoing)
    return writeHead.apply(response, mergeExplicitHeaders(response, before, args))
  }
}
