import { inspect } from 'node:util'

const HIDDEN = '[secret]'

/**
 * A value that must not be seen: printing, inspecting or serialising it shows `[secret]`. Only
 * {@link Secret.reveal}, which a reader of the code can search for, gives it out.
 */
export class Secret {
  readonly #value: string

  constructor(value: string) {
    this.#value = value
  }

  /** The value itself, for the one place that needs it. */
  reveal(): string {
    return this.#value
  }

  toString(): string {
    return HIDDEN
  }

  toJSON(): string {
    return HIDDEN
  }

  [inspect.custom](): string {
    return HIDDEN
  }
}
