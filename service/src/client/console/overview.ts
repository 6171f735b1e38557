/**
 * console/ is what the console's script does besides that of members. This file draws the charts of the overview and keeps
 * them, the tiles and the sentences beside them fresh. All words are the service's.
 */
import { createChart, type Chart, type View } from './chart.js'
import { withSample, type Columns } from './columns.js'
import { Following, type Follower, type State, type Texts } from './follow.js'

/** How often the charts move on while nothing comes. Milliseconds. */
const MOVE_EVERY = 5_000

/** How far back the charts reach while the process is young, in milliseconds: each is three whole steps of the axis. */
const REACHES = [180_000, 360_000]

/** Does nothing on other pages. */
export function followOverview(): void {
  const place = document.querySelector<HTMLElement>('[data-window]')
  const { stream, window: text } = place?.dataset ?? {}
  if (place === null || stream === undefined || text === undefined) return
  const { kept, columns } = JSON.parse(text) as { kept: number; columns: Columns }
  const charts = chartsIn(place)
  const board = createBoard(charts, kept, columns)
  const line = createLiveLine()
  const following = new Following(stream, {
    ...board.ears,
    onState(state) {
      line.show(state)
    },
  })
  window.setInterval(() => {
    if (!line.isPaused()) board.move()
  }, MOVE_EVERY)
  line.onPause((isPaused) => {
    if (isPaused) following.pause()
    else following.goOn()
  })
}

function chartsIn(place: HTMLElement): ReadonlyMap<string, Chart> {
  const sections = [...place.querySelectorAll<HTMLElement>('[data-chart]')]
  return new Map(
    sections.flatMap((section) => {
      const chart = createChart(section)
      return chart === undefined ? [] : [[section.dataset['chart'] ?? '', chart] as const]
    }),
  )
}

/** What is known, and the charts that show it. Where nothing comes, time goes on: that is the gap. */
function createBoard(charts: ReadonlyMap<string, Chart>, kept: number, first: Columns) {
  let columns = first
  let heardAt = performance.now()

  const move = (): void => {
    const last = columns.at.at(-1) ?? 0
    const passed = performance.now() - heardAt
    const end = last + (passed < MOVE_EVERY * 1.5 ? 0 : passed)
    const known = end - (columns.at[0] ?? end)
    const view: View = { end, reach: REACHES.find((reach) => reach >= known) ?? kept }
    for (const chart of charts.values()) chart.show(columns, view)
  }
  const take = (known: Columns, texts?: Texts): void => {
    columns = known
    heardAt = performance.now()
    move()
    if (texts !== undefined) showTexts(charts, texts)
  }
  take(first)
  const ears: Pick<Follower, 'onWindow' | 'onSample'> = {
    onWindow: take,
    onSample(sample, texts) {
      take(withSample(columns, sample, kept), texts)
    },
  }
  return { move, ears }
}

function showTexts(charts: ReadonlyMap<string, Chart>, { tiles, summaries }: Texts): void {
  for (const [id, words] of Object.entries(summaries)) charts.get(id)?.setSummary(words)
  for (const tile of document.querySelectorAll<HTMLElement>('[data-tile]')) {
    const text = tiles[tile.dataset['tile'] ?? '']
    if (text === undefined) continue
    tile.dataset['tone'] = text.tone
    setText(tile.querySelector('.tile-value'), text.value)
    setText(tile.querySelector('.tile-note'), text.note)
  }
}

function setText(element: Element | null, words: string): void {
  if (element !== null && element.textContent !== words) element.textContent = words
}

/** The line that says whether the page moves, and the button that stops it (WCAG 2.2.2). */
function createLiveLine() {
  const line = document.querySelector<HTMLElement>('.live-line')
  const words = line?.querySelector('.live-words') ?? null
  const button = document.querySelector<HTMLButtonElement>('.live-pause')
  const [pauseWords, goOnWords] = [button?.textContent ?? '', button?.dataset['pause'] ?? '']
  let isPaused = false
  if (button !== null) button.hidden = false

  const say = (state: State | 'paused'): void => {
    if (line === null) return
    line.dataset['state'] = state
    setText(words, line.dataset[state] ?? '')
  }
  return {
    isPaused: () => isPaused,
    show(state: State) {
      if (!isPaused) say(state)
      if (state === 'over' && button !== null) button.hidden = true
    },
    onPause(listener: (isPaused: boolean) => void) {
      button?.addEventListener('click', () => {
        isPaused = !isPaused
        setText(button, isPaused ? goOnWords : pauseWords)
        if (isPaused) say('paused')
        listener(isPaused)
      })
    },
  }
}
