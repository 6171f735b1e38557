import type { Store } from '../store.js'
import { whole } from './record-fields.js'
import { PULSE } from './scripts/pulse.js'
import type { Context } from './sessions.js'

/** The verb that tells whether Redis is what it was. */
export function createPulse({ run, keys }: Context): Required<Pick<Store, 'pulse'>> {
  return {
    async pulse(bucket, { process, expected, history }) {
      const key = keys.history(bucket, process)
      const { now, words } = await run(PULSE, key, String(expected), history)
      const [found, known, beats, beatsNow] = words
      return {
        history: toName(found),
        historyNow: toName(known),
        beats: whole(beats) ?? 0,
        beatsNow: whole(beatsNow) ?? 0,
        now,
      }
    },
  }
}

function toName(word: string | undefined): string | undefined {
  return word === '' ? undefined : word
}
