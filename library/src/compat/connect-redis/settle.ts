import type { Callback } from '../express-session/contract.js'

/**
 * Gives the outcome to the callback if there is one; the promise is then fulfilled either way, since nobody looks at it.
 * What the callback throws rejects the promise, and so ends the process like any error that nobody handles.
 */
export function settle<Value>(
  outcome: Promise<Value>,
  callback: Callback<Value | null> | undefined,
): Promise<Value> {
  if (typeof callback !== 'function') return outcome
  return outcome.then(
    (value) => {
      callback(null, value)
      return value
    },
    (error: unknown) => {
      callback(error, null)
      return null as Value
    },
  )
}
