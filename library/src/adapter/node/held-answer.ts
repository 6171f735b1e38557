import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Answer, Exchange } from '../../exchange.js'
import { applyOutgoing, type Outgoing } from '../../response/outgoing.js'
import { addAtHead } from './at-head.js'
import { holdResponse } from './held-response.js'

const DIAGNOSTIC = 'sojourn-diagnostic'

/** Answers instead, when the session could not be saved. */
export type OnFailure = (error: unknown, request: IncomingMessage, direct: ServerResponse) => void

/**
 * A Node response that waits for the session once there is something to save or to send. One whose session
 * is only read gets two headers with its head, and is never held.
 */
export class HeldAnswer<Data extends object> implements Answer {
  exchange: Exchange<Data> | undefined
  readonly #request: IncomingMessage
  readonly #response: ServerResponse
  readonly #maxHeldBytes: number
  readonly #onFailure: OnFailure
  #phase: 'free' | 'held' | 'settling' = 'free'
  #diagnostic: string | undefined

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

  get isAnswering(): boolean {
    return this.#phase === 'free' ? this.#response.headersSent : this.#phase === 'settling'
  }

  onRead(personal: Outgoing): void {
    if (this.#phase === 'free' && !this.#response.headersSent) {
      addAtHead(this.#response, personal)
    }
  }

  onDiagnostic(message: string): void {
    this.#diagnostic = message
    if (!this.#response.headersSent) this.#response.setHeader(DIAGNOSTIC, message)
  }

  onChange(): void {
    // Too late to hold anything: what is written now is saved at once, or refused where it needs a cookie.
    if (this.#response.headersSent) return
    this.#phase = 'held'
    holdResponse(this.#response, () => this.#settle(), {
      maxHeldBytes: this.#maxHeldBytes,
      onFailure: (error, direct) => {
        if (this.#diagnostic !== undefined) direct.setHeader(DIAGNOSTIC, this.#diagnostic)
        this.#onFailure(error, this.#request, direct)
      },
    })
  }

  #settle(): Promise<void> | undefined {
    this.#phase = 'settling'
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
