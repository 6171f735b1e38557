import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Answer, Exchange } from '../../exchange.js'
import { applyOutgoing } from '../../response/outgoing.js'
import { holdResponse } from './held-response.js'

/** Answers instead, when the session could not be saved. */
export type OnFailure = (error: unknown, request: IncomingMessage, direct: ServerResponse) => void

/** A Node response that waits for the session from the moment it is first used; until then it is left alone. */
export class HeldAnswer<Data extends object> implements Answer {
  isAnswering = false
  exchange: Exchange<Data> | undefined
  readonly #request: IncomingMessage
  readonly #response: ServerResponse
  readonly #maxHeldBytes: number
  readonly #onFailure: OnFailure

  constructor(
    request: IncomingMessage,
    response: ServerResponse,
    maxHeldBytes: number,
    onFailure: OnFailure,
  ) {
    this.#request = request
    this.#response = response
    this.#maxHeldBytes = maxHeldBytes
    this.#onFailure = onFailure
  }

  onFirstUse(): void {
    // Too late to hold anything: what is written now is saved at once, or refused where it needs a cookie.
    if (this.#response.headersSent) {
      this.isAnswering = true
      return
    }
    holdResponse(this.#response, () => this.#settle(), {
      maxHeldBytes: this.#maxHeldBytes,
      onFailure: (error, direct) => {
        this.#onFailure(error, this.#request, direct)
      },
    })
  }

  #settle(): Promise<void> | undefined {
    this.isAnswering = true
    const outgoing = this.exchange?.commit()
    if (outgoing instanceof Promise) {
      return outgoing.then((ready) => {
        applyOutgoing(this.#response, ready)
      })
    }
    if (outgoing !== undefined) applyOutgoing(this.#response, outgoing)
    return undefined
  }
}
