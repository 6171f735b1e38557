/**
 * Progress goes to standard error: standard output belongs to the service's log and to reports.
 *
 * @param {string} text
 */
export function say(text) {
  console.error(`sojourn: ${text}`)
}

/**
 * Milliseconds as people read them: `340 ms`, `12.4 s`.
 *
 * @param {number} milliseconds
 * @returns {string}
 */
export function readable(milliseconds) {
  return milliseconds < 1_000
    ? `${String(Math.round(milliseconds))} ms`
    : `${(milliseconds / 1_000).toFixed(1)} s`
}

/**
 * Says what begins, does it, and says how long it took. The work answers with an exit code; anything
 * but 0 becomes an error that names the step.
 *
 * @param {string} what
 * @param {() => Promise<number>} work
 */
export async function timed(what, work) {
  say(`${what} …`)
  const before = performance.now()
  const code = await work()
  const took = readable(performance.now() - before)
  if (code !== 0)
    throw new StepFailed(`${what}: failed with exit code ${String(code)} after ${took}`)
  say(`${what}: done in ${took}`)
}

/** A step ended badly and has already printed why: only the message is worth showing. */
export class StepFailed extends Error {
  /** @override */
  name = 'StepFailed'
}
