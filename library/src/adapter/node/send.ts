import type { ServerResponse } from 'node:http'
import type { StoreUnavailable } from '../../errors.js'
import type { Refusal } from '../../guard/session-guard.js'
import { applyReply, toFault, toRefused, toUnavailable, type Reply } from '../neutral/reply.js'

/** Sends a whole answer. */
export function sendReply(response: ServerResponse, reply: Reply): void {
  response.statusCode = reply.status
  applyReply(response, reply)
  response.end(reply.body)
}

/**
 * Answers a refused request: problem+json with its code, and a challenge for each way in which something better
 * could be sent. What exactly is wrong with an access token is told outside production only (`jwt-01`).
 */
export function sendRefusal(response: ServerResponse, refusal: Refusal): void {
  sendReply(response, toRefused(refusal))
}

/** Answers that the store did not: 503, try again soon, and no word about cookies. */
export function sendUnavailable(response: ServerResponse, error: StoreUnavailable): void {
  sendReply(response, toUnavailable(error))
}

/** Answers a fault found while the session was saved. The fault's own message stays inside. */
export function sendFault(response: ServerResponse, error: unknown): void {
  sendReply(response, toFault(error))
}
