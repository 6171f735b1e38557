/**
 * The oldest Node this workspace runs on. Every tool calls `refuseOldNode` before it loads anything
 * else, so this file keeps to syntax that very old releases can read: no imports, no `?.`, no `??`.
 */

/** The same as `engines.node` in package.json; a test compares the two. */
export const NODE_FLOOR = '20.19'

/**
 * Whether `version` (as in `process.versions.node`) is below `floor`.
 *
 * @param {string} version
 * @param {string} [floor]
 * @returns {boolean}
 */
export function isOldNode(version, floor = NODE_FLOOR) {
  const have = version.split('.').map(Number)
  const want = floor.split('.').map(Number)
  const differs = want.findIndex((part, index) => have[index] !== part)
  return differs !== -1 && Number(have[differs]) < Number(want[differs])
}

/** Ends the process with a plain sentence when this Node is too old. */
export function refuseOldNode() {
  const version = process.versions.node
  if (!isOldNode(version)) return
  console.error('sojourn needs Node ' + NODE_FLOOR + ' or newer; this is Node ' + version + '.')
  console.error('Get a current one from https://nodejs.org or through your version manager.')
  process.exit(1)
}
