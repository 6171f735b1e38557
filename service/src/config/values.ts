import { Refusal, type Findings } from './refusal.js'
import type { AnyVariable, ValueOf } from './variable.js'
import { VARIABLES, type VariableName } from './variables.js'

/** What the environment said, variable by variable, with defaults where it said nothing. */
export type Values = { readonly [Name in VariableName]: ValueOf<(typeof VARIABLES)[Name]> }

/** The environment of a process: names and texts. */
export type Environment = Readonly<Record<string, string | undefined>>

/**
 * Reads every variable. What cannot be read is refused in `findings` and counts as left out, so that
 * all mistakes show at once.
 */
export function readValues(environment: Environment, findings: Findings): Values {
  const entries = Object.entries(VARIABLES).map(([name, variable]) => [
    name,
    readValue(name, variable, environment, findings),
  ])
  return Object.fromEntries(entries) as Values
}

/** Whether a variable is there and counts: an empty one counts only where it is refused. */
export function isSet(name: VariableName, environment: Environment): boolean {
  return textOf(name, VARIABLES[name], environment) !== undefined
}

function readValue(
  name: string,
  variable: AnyVariable,
  environment: Environment,
  findings: Findings,
): unknown {
  const text = textOf(name, variable, environment)
  const value = text === undefined ? undefined : variable.read(text, name)
  if (value instanceof Refusal) findings.refuse(value.code, value.message)
  else if (value !== undefined) return value
  return variable.default === undefined ? undefined : variable.read(variable.default, name)
}

function textOf(name: string, variable: AnyVariable, environment: Environment): string | undefined {
  const text = environment[name]
  return text === '' && variable.isEmptyRefused !== true ? undefined : text
}
