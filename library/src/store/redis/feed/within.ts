import { StoreUnavailable } from '../../../errors.js'

/** How long a proof that writers are heard may take before it counts as failed. Milliseconds. */
export const PROVED_WITHIN = 1_000

/** What is thrown where nothing proves that writers are heard. */
export function unheard(): StoreUnavailable {
  return new StoreUnavailable(
    'Redis is unavailable: it is not heard over the connection to listen on',
  )
}

/** What a promise settles to, or {@link StoreUnavailable} after a while; what comes later is dropped. */
export async function within<Value>(milliseconds: number, promise: Promise<Value>): Promise<Value> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const late = new Promise<never>((_, reject) => {
    // It may be this process that stood still: answers that have arrived are let in before.
    const give = (): unknown => setImmediate(() => setImmediate(() => reject(unheard())))
    timer = setTimeout(give, milliseconds).unref()
  })
  try {
    return await Promise.race([promise, late])
  } finally {
    clearTimeout(timer)
  }
}
