/** config/ as others see it. What it owns is said in `load.ts`. */
export type * from './config.js'
export { describeConfig } from './describe.js'
export { hostFiles, loadConfig } from './load.js'
export { ConfigError, EXIT_CONFIG, type ConfigProblem } from './refusal.js'
export { Secret } from './secret.js'
