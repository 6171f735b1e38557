import { texts } from '../texts.js'
import { exactTime, relativeTime } from '../time.js'

const words = texts.console.keys

/** What a change of the ring does or would do, as `sojourn/keys` tells it. */
export interface ToldChange {
  readonly now: number
  readonly transitions: readonly {
    readonly kid: string | undefined
    readonly algorithm: string
    readonly to: keyof typeof words.becomes
    readonly at: number
  }[]
  readonly impact: readonly { readonly kid: string; readonly acceptedUntil: number }[]
  readonly notes: readonly (keyof typeof words.notes)[]
}

/** The same in sentences, in the order of time, and whom it touches. */
export function changeLines({ now, transitions, impact, notes }: ToldChange): readonly string[] {
  const steps = transitions
    .toSorted((one, other) => one.at - other.at)
    .map(({ kid, algorithm, to, at }) => {
      const key = kid === undefined ? words.newKey : words.key(kid)
      return `${words.at(when(at, now))} ${key} (${algorithm}) ${words.becomes[to]}.`
    })
  const ends = impact.map(({ kid, acceptedUntil }) =>
    acceptedUntil <= now
      ? words.endsNow(words.key(kid))
      : words.ends(words.key(kid), when(acceptedUntil, now)),
  )
  return [...steps, ...ends, words.nobodyOut, ...notes.map((note) => words.notes[note])]
}

function when(at: number, now: number): string {
  return at <= now ? words.nowWord : `${exactTime(at)} (${relativeTime(at, now)})`
}
