/**
 * Loaded into the service before anything else (`node --import`): its clock goes ahead by what the parent
 * process asks for, so that a test need not wait for an hour to be over. Timers run as ever.
 */
const RealDate = Date
let ahead = 0

globalThis.Date = class extends RealDate {
  /** @param {...any} parts */
  constructor(...parts) {
    if (parts.length === 0) super(RealDate.now() + ahead)
    // @ts-expect-error -- whatever Date takes
    else super(...parts)
  }

  static now() {
    return RealDate.now() + ahead
  }
}

process.on('message', (/** @type {{ advance: number }} */ { advance }) => {
  ahead += advance
  process.send?.({ ahead })
})
// The parent is no reason to stay.
process.channel?.unref()
