/**
 * Writes under a key without changing anything: its end stays where it is. WAIT says whether replicas have what this
 * connection wrote last, so it means nothing on one that has written nothing.
 */
export const TOUCH: string = `
local left = redis.call('PTTL', KEYS[1])
if left > 0 then redis.call('PEXPIRE', KEYS[1], string.format('%.0f', left)) end
return left
`
