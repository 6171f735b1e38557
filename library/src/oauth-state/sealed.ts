import { open, seal } from '../system/seal.js'

/** Texts that only this application can have written and can read, under a ring of keys, newest first. */
export interface Sealed {
  seal(context: string, value: object): string
  /** `undefined` where it is not ours, belongs to another context, or was altered. */
  open(context: string, text: string): Readonly<Record<string, unknown>> | undefined
}

export function createSealed(keys: readonly Uint8Array[]): Sealed {
  const [active] = keys
  if (active === undefined) throw new RangeError('the ring of secrets is empty')
  return {
    seal: (context, value) => seal(active, context, JSON.stringify(value)),
    open(context, text) {
      for (const key of keys) {
        const found = open(key, context, text)
        // What opens was written below, so it is an object.
        if (found !== undefined) return JSON.parse(found) as Readonly<Record<string, unknown>>
      }
      return undefined
    },
  }
}
