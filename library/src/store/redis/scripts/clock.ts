import { reading, type Script } from './script.js'

/** Reply: `clock`, now. */
export const LOOK_AT_CLOCK: Script = reading(`return { 'clock', text(now) }`)
