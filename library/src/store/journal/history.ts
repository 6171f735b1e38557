import { randomToken } from '../../system/random.js'
import { BEATS_KEPT_FOR, type Beat, type Pulse } from '../pulse.js'

/** What a look at a part of the storage shows. */
export type Finding =
  /** As far as can be told, nothing is lost. */
  | 'same'
  /** It is as it was some time ago: writes that it had acknowledged are gone. */
  | 'older'
  /** It is another one, or was emptied. */
  | 'other'

interface Mark {
  readonly history: string | undefined
  readonly beats: number
  /** `elapsed`. */
  readonly at: number
}

/** Storages that were seen under the same name; whoever restores backups does so a few times. */
const MOST_FORMER = 16

/** What this process saw of the parts of the storage: enough to tell when one of them has gone back in time. */
export class History {
  readonly #process: string = randomToken(9)
  readonly #marks = new Map<string, Mark>()
  readonly #former = new Set<string>()

  /** What to tell the part that holds `bucket`. */
  beatFor(bucket: string): Beat {
    const expected = this.#marks.get(bucket)?.beats ?? 0
    return { process: this.#process, expected, history: randomToken(9) }
  }

  /** Judges what it answered. `sentAt` is `elapsed`. */
  judge(bucket: string, pulse: Pulse, sentAt: number): Finding {
    const mark = this.#marks.get(bucket)
    const { historyNow: history, beatsNow: beats } = pulse
    this.#marks.set(bucket, { history: history ?? mark?.history, beats, at: sentAt })
    const finding = mark === undefined ? 'same' : this.#compare(mark, pulse, sentAt)
    this.#remember(history)
    return finding
  }

  #compare(mark: Mark, { history, beats }: Pulse, sentAt: number): Finding {
    if (mark.history !== undefined && history !== mark.history) {
      return history !== undefined && this.#former.has(history) ? 'older' : 'other'
    }
    // Who was quiet for long is forgotten.
    const isRemembered = sentAt - mark.at < BEATS_KEPT_FOR / 2
    return isRemembered && beats < mark.beats ? 'older' : 'same'
  }

  #remember(history: string | undefined): void {
    if (history === undefined) return
    this.#former.add(history)
    if (this.#former.size > MOST_FORMER) {
      for (const oldest of this.#former) {
        this.#former.delete(oldest)
        return
      }
    }
  }
}
