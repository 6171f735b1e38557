import type { Callback } from '../express-session/contract.js'

/**
 * Tells the callback how `outcome` went, or gives `outcome` itself to whoever has none. What a callback throws is an
 * uncaught exception, as it is with every store that calls back from its driver.
 */
export function settle<Value>(
  outcome: Promise<Value>,
  callback: Callback<Value> | undefined,
): Promise<Value> | undefined {
  if (typeof callback !== 'function') return outcome
  outcome.then(
    (value) => {
      process.nextTick(callback, null, value)
    },
    (error: unknown) => {
      process.nextTick(callback, error)
    },
  )
  return undefined
}
