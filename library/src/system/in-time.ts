/**
 * What a promise settles to; or what `toFault` makes, after so many milliseconds. What comes later is dropped. A timer
 * of this keeps no process alive.
 */
export async function inTime<Value>(
  milliseconds: number,
  promise: Promise<Value>,
  toFault: () => Error,
): Promise<Value> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const late = new Promise<never>((_, reject) => {
    // It may be this process that stood still: answers that have arrived are let in before.
    const giveUp = (): unknown => setImmediate(() => setImmediate(() => reject(toFault())))
    timer = setTimeout(giveUp, milliseconds).unref()
  })
  try {
    return await Promise.race([promise, late])
  } finally {
    clearTimeout(timer)
  }
}
