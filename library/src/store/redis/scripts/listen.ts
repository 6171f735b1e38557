import { reading, type Script } from './script.js'

/**
 * What a listener asks of the connection that others write over. Argument: 5 a word to publish, or nothing.
 * Reply: `listens`, now, the channel on which changes are told. Here the publishing may not fail: a listener
 * that hears its word knows that writers can be heard, from the instant of this answer on.
 */
export const LISTEN: Script = reading(`
if ARGV[5] ~= '' then redis.call('PUBLISH', home .. 'changes', 'p ' .. ARGV[5]) end
return { 'listens', text(now), home .. 'changes' }
`)
