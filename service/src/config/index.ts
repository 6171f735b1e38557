/** config/ as others see it. What it owns is said in `load.ts`. */
export type * from './config.js'
export { loadConfig } from './load.js'
export { ConfigError } from './refusal.js'
