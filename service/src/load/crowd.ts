import { createTurns, type Mix, type Operation } from './mix.js'
import { settle, toCall, type Person } from './person.js'
import type { Call, Reply } from './wire.js'

/** One thing to be done now. */
export interface Step {
  readonly operation: string
  readonly call: Call
  /** Takes in what came of it. Must be called once. */
  settle(reply: Reply): void
}

/** Whoever says what is to be asked next: a crowd of people, or the paths of an application in turn. */
export interface Scenario {
  /** In the order of the tables. */
  readonly operations: readonly string[]
  /** `undefined`: everybody is busy. */
  next(): Step | undefined
}

/**
 * People who do one thing at a time each, by turns of the mix. Where nobody who is free can do what is due, somebody
 * signs in instead, so that a run in which everybody is thrown out shows just that.
 */
export class Crowd implements Scenario {
  readonly operations: readonly Operation[]
  /** Free people; who was busy last comes last. */
  readonly #signedIn: Person[] = []
  readonly #signedOut: Person[] = []
  readonly #turn: () => Operation

  constructor(people: readonly Person[], mix: Mix, operations: readonly Operation[]) {
    this.#turn = createTurns(mix)
    // Who has lost a session signs in again, whether or not that is in the mix.
    this.operations = operations.filter((one) => mix[one] > 0 || one === 'sign-in')
    for (const person of people) this.#release(person, person.tokens !== undefined)
  }

  /** Those who are signed in and free. */
  get signedIn(): readonly Person[] {
    return this.#signedIn
  }

  next(): Step | undefined {
    if (this.#signedIn.length + this.#signedOut.length === 0) return undefined
    const wanted = this.#turn()
    const person = this.#take(wanted)
    const operation = person.tokens === undefined ? 'sign-in' : wanted
    return {
      operation,
      call: toCall(person, operation),
      settle: (reply) => this.#release(person, settle(person, operation, reply)),
    }
  }

  /** Signed-out people come first to sign in, and last for everything else. */
  #take(operation: Operation): Person {
    const [first, second] =
      operation === 'sign-in'
        ? [this.#signedOut, this.#signedIn]
        : [this.#signedIn, this.#signedOut]
    return (first.shift() ?? second.shift()) as Person
  }

  #release(person: Person, isSignedIn: boolean): void {
    if (isSignedIn) this.#signedIn.push(person)
    else this.#signedOut.push(person)
  }
}
