/**
 * Loaded into the service before anything else (`node --import`): its clock goes ahead by what the parent
 * process asks for, so that a test need not wait for an hour to be over. Timers run as ever.
 */
const { now } = Date
let ahead = 0

globalThis.Date = new Proxy(Date, {
  construct: (target, parts) =>
    Reflect.construct(target, parts.length === 0 ? [now() + ahead] : parts),
})
Date.now = () => now() + ahead

process.on('message', (/** @type {{ advance: number }} */ { advance }) => {
  ahead += advance
  process.send?.({ ahead })
})
// The parent is no reason to stay.
process.channel?.unref()
