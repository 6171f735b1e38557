/**
 * Ends the process after a failure: one sentence where the step has explained itself, else everything
 * we know. Keeps to old syntax and loads nothing, see node-floor.mjs.
 *
 * @param {unknown} error
 */
export function failPlainly(error) {
  const isExplained = error instanceof Error && error.name === 'StepFailed'
  console.error(isExplained ? 'sojourn: ' + error.message : error)
  process.exit(1)
}
