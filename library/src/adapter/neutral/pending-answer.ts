import type { Answer, Exchange } from '../../exchange.js'
import { NOTHING_OUT, type HeaderLine, type Outgoing } from '../../response/outgoing.js'
import type { Sojourn } from '../../sojourn.js'
import type { Incoming } from '../../request/incoming.js'
import type { Session } from '../../session/session.js'

const DIAGNOSTIC = 'sojourn-diagnostic'

/**
 * An answer whose framework asks before it leaves. `settle` makes the session durable then, and says what the answer has
 * to carry; from then on the session writes at once, and can send no cookie.
 */
export class PendingAnswer<Data extends object> implements Answer {
  readonly #exchange: Exchange<Data>
  #isAnswering = false
  #isChanged = false
  #personal: Outgoing = NOTHING_OUT
  #diagnostic: string | undefined

  constructor(sojourn: Sojourn<Data>, incoming: Incoming) {
    this.#exchange = sojourn.exchange(incoming, this)
  }

  get session(): Session<Data> {
    return this.#exchange.session
  }

  get isAnswering(): boolean {
    return this.#isAnswering
  }

  /** What is told of cookies that this connection cannot have. */
  get diagnostics(): readonly HeaderLine[] {
    return this.#diagnostic === undefined ? [] : [[DIAGNOSTIC, this.#diagnostic]]
  }

  onRead(personal: Outgoing): void {
    this.#personal = personal
  }

  onDiagnostic(message: string): void {
    this.#diagnostic = message
  }

  onChange(): void {
    this.#isChanged = true
  }

  /** Rejects where the session could not be saved: then nothing of the application's answer may leave. */
  settle(): Outgoing | Promise<Outgoing> {
    if (this.#isAnswering) return NOTHING_OUT
    this.#isAnswering = true
    if (!this.#isChanged) return this.#with(NOTHING_OUT)
    const outgoing = this.#exchange.commit() ?? NOTHING_OUT
    return outgoing instanceof Promise
      ? outgoing.then((ready) => this.#with(ready))
      : this.#with(outgoing)
  }

  #with({ cookies, headers }: Outgoing): Outgoing {
    const personal = this.#personal.headers
    const told = this.diagnostics
    if (cookies.length === 0 && headers.length === 0 && told.length === 0) return this.#personal
    return { cookies, headers: [...headers, ...personal, ...told] }
  }
}
