import type { JSX } from 'preact'

/**
 * The drawings, all of one idea: a doorway, and a light that is someone. Colours come from the
 * stylesheet (classes), so one drawing serves light and dark; nothing here needs an inline style.
 */

/** The name in one line's width; the dot of the j is the someone, the n is the door. */
export function Wordmark(): JSX.Element {
  return (
    <svg class="wordmark" viewBox="0 0 150 40" width="150" height="40" aria-hidden="true">
      <g fill="none" stroke="currentColor" stroke-width="4" stroke-linecap="round">
        <path d="M15 13.6C14 11.7 11.8 11 9.5 11 6.5 11 4 12.4 4 15c0 5.5 11.5 3 11.5 9 0 2.8-2.7 4-6 4-2.8 0-5-1-6-3" />
        <circle cx="32.5" cy="19.5" r="8.5" />
        <path d="M50 11v19.5c0 3-1.6 4.5-4.5 4.5" />
        <circle cx="67.5" cy="19.5" r="8.5" />
        <path d="M85 11v9a8 8 0 0 0 16 0v-9M101 20v8" />
        <path d="M110 28v-9a8 8 0 0 1 8-8" />
        <path d="M126 28v-9a8 8 0 0 1 16 0v9" />
      </g>
      <circle class="someone" cx="50" cy="4" r="3.2" />
    </svg>
  )
}

/** Where the light is: on its way, inside, gone out, or nowhere to be seen. */
export type Whereabouts = 'arriving' | 'inside' | 'left' | 'nobody'

const PLACES: Readonly<Record<Whereabouts, number | undefined>> = {
  arriving: 62,
  inside: 200,
  left: 338,
  nobody: undefined,
}

/** The doorway, with the light where the person is. */
export function Scene({ where }: { readonly where: Whereabouts }): JSX.Element {
  const x = PLACES[where]
  return (
    <svg class={`scene scene-${where}`} viewBox="0 0 400 290" aria-hidden="true">
      <path class="door-1" d="M84 250V132a116 116 0 0 1 232 0v118z" />
      <path class="door-2" d="M118 250V138a82 82 0 0 1 164 0v112z" />
      <path class="door-3" d="M152 250V144a48 48 0 0 1 96 0v106z" />
      <path class="spill" d="M152 250h96l34 34H118z" />
      <path class="ground" d="M16 250h368" />
      <path class="trail" d="M28 237h46M326 237h46" />
      {x === undefined ? null : <circle class="someone" cx={x} cy="236" r="13" />}
    </svg>
  )
}

const SMALL_PLACES = { arriving: 10, inside: 36, left: 62 } as const

/** The same in a few strokes, for beside a line of words. */
export function SmallScene({ where }: { readonly where: keyof typeof SMALL_PLACES }): JSX.Element {
  return (
    <svg class="small-scene" viewBox="0 0 72 44" width="72" height="44" aria-hidden="true">
      <path class="door-2" d="M20 38V20a16 16 0 0 1 32 0v18z" />
      <path class="door-3" d="M27 38V21a9 9 0 0 1 18 0v17z" />
      <path class="ground" d="M2 39h68" />
      <circle class="someone" cx={SMALL_PLACES[where]} cy="34" r="4.5" />
    </svg>
  )
}

const WIDTH = 280
const RISE = 104

/** The stay as the sun's way over a day: `share` of it (0 to 1) is behind. */
export function StayArc({ share }: { readonly share: number }): JSX.Element {
  const passed = Math.min(1, Math.max(0, Number.isFinite(share) ? share : 0))
  const angle = Math.PI * (1 - passed)
  const x = 160 + (WIDTH / 2) * Math.cos(angle)
  const y = 124 - RISE * Math.sin(angle)
  const way = `M20 124a${String(WIDTH / 2)} ${String(RISE)} 0 0 1 ${String(WIDTH)} 0`
  return (
    <svg class="stay-arc" viewBox="0 0 320 140" aria-hidden="true">
      <path class="ground" d="M4 124h312" />
      <path class="way" d={way} pathLength="100" />
      <path
        class="way-passed"
        d={way}
        pathLength="100"
        stroke-dasharray={`${(passed * 100).toFixed(2)} 200`}
      />
      <circle class="halo" cx={x.toFixed(1)} cy={y.toFixed(1)} r="15" />
      <circle class="someone" cx={x.toFixed(1)} cy={y.toFixed(1)} r="8.5" />
    </svg>
  )
}
