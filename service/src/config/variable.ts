import type { Reader } from './readers.js'
import type { Refusal } from './refusal.js'

/** One setting: everything there is to know about an environment variable. */
export interface Variable<Value, Default extends string | undefined> {
  /** What it means, in a sentence or two. */
  readonly about: string
  /** How it is written, where that is not plain: the unit, the separator. */
  readonly unit?: string
  /** The text that counts where nothing is set, read by {@link Variable.read} like any other. */
  readonly default: Default
  /** The default in words, where it depends on other settings. */
  readonly defaultNote?: string
  /** A value worth showing in `.env.example` where there is no default. */
  readonly example?: string
  /** An empty value is refused instead of counting as unset. */
  readonly isEmptyRefused?: boolean
  readonly read: Reader<Value>
}

/** What {@link Variable.read} can answer, whatever the variable. */
export type AnyVariable = Variable<unknown, string | undefined>

/** The value a variable has after reading: there is always one where there is a default. */
export type ValueOf<Entry> =
  Entry extends Variable<infer Value, infer Default>
    ? Default extends string
      ? Exclude<Value, Refusal>
      : Exclude<Value, Refusal> | undefined
    : never

type Facts<Value> = Omit<Variable<Value, undefined>, 'default' | 'read'>

/** A variable that may be left out. */
export function optional<Value>(
  read: Reader<Value>,
  facts: Facts<Value>,
): Variable<Value, undefined> {
  return { ...facts, default: undefined, read }
}

/** A variable that has the value `text` stands for when it is left out. */
export function withDefault<Value>(
  text: string,
  read: Reader<Value>,
  facts: Facts<Value>,
): Variable<Value, string> {
  return { ...facts, default: text, read }
}
