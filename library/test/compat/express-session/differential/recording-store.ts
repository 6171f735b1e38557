import type { Lab } from './lab.js'
import type { SessionModule } from './subject.js'

export type Reply = 'now' | 'soon'

export interface StoreBehaviour {
  /** When callbacks come: within the call, or a turn of the event loop later. */
  readonly reply?: Reply
  /** Whether the store can touch. */
  readonly touch?: boolean
  /** Records that are there from the start. */
  readonly records?: Readonly<Record<string, unknown>>
  /** What the named method's callback is given as its error. */
  readonly errors?: Partial<Record<'get' | 'set' | 'touch' | 'destroy', unknown>>
}

/** A store that writes down each call with all its arguments, and each time it calls back. */
export function recordingStore(
  session: SessionModule,
  lab: Lab,
  { reply = 'soon', touch = true, records = {}, errors = {} }: StoreBehaviour = {},
): any {
  const kept = new Map(Object.entries(records).map(([id, data]) => [id, JSON.stringify(data)]))

  const answer = (method: string, callback: unknown, ...values: unknown[]): void => {
    if (typeof callback !== 'function') return
    const run = (): void => {
      lab.note(`${method} calls back`, ...values)
      ;(callback as (...given: unknown[]) => void)(...values)
    }
    if (reply === 'now') run()
    else setImmediate(run)
  }

  const note = (method: string, given: readonly unknown[]): void => {
    const [id, ...rest] = given
    const data = rest[0]
    lab.note(method, id, ...rest)
    if (typeof data === 'object') {
      lab.note('which is', data instanceof session.Session, JSON.stringify(data))
    }
  }

  class RecordingStore extends session.Store {
    readonly kept = kept

    get(...given: any[]): void {
      note('get', given)
      const found = kept.get(given[0])
      if (errors.get !== undefined) answer('get', given[1], errors.get)
      else answer('get', given[1], null, found === undefined ? undefined : JSON.parse(found))
    }

    set(...given: any[]): void {
      note('set', given)
      if (errors.set === undefined) kept.set(given[0], JSON.stringify(given[1]))
      answer('set', given[2], ...(errors.set === undefined ? [] : [errors.set]))
    }

    touch(...given: any[]): void {
      note('touch', given)
      answer('touch', given[2], ...(errors.touch === undefined ? [] : [errors.touch]))
    }

    destroy(...given: any[]): void {
      note('destroy', given)
      if (errors.destroy === undefined) kept.delete(given[0])
      answer('destroy', given[1], ...(errors.destroy === undefined ? [] : [errors.destroy]))
    }
  }

  const store: any = new RecordingStore()
  if (!touch) store.touch = undefined
  return store
}
