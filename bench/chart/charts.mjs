import { drawBars } from './svg.mjs'

/** Which charts a report gives. */

const GROUPS = {
  cookie: 'Who is this? By cookie',
  bearer: 'Who is this? By access token',
  write: 'The session is written on every request',
}

const REQUEST_COLUMNS = [
  { text: 'ratio', at: 580 },
  { text: 'commands', at: 650 },
  { text: 'CPU µs', at: 700 },
]

/** Whole requests: the ratio to bare Express. */
export function requestChart({ bare, rows }, footer) {
  const most = Math.max(1, ...rows.filter(({ group }) => group !== 'bare').map(({ most }) => most))
  const groups = Object.entries(GROUPS).map(([group, head]) => ({
    head,
    bars: rows.filter((row) => row.group === group).map(toBar),
  }))
  const bares = rows
    .filter(({ group }) => group === 'bare')
    .map(
      ({ name, ratio }) =>
        `${name.replace('bare ', '').replace(', prototypes prepared', ' prepared')} ${ratio.toFixed(1)}`,
    )
  return drawBars({
    title: 'Requests a second, against bare Express',
    subtitle: `1.0 is Express without sessions: ${bare.rate.toLocaleString('en')} requests/s, ${bare.cpu.toFixed(0)} µs CPU. Bare ${bares.join(', ')}.`,
    groups: groups.filter(({ bars }) => bars.length > 0),
    columns: REQUEST_COLUMNS,
    ticks: ratioTicks(most).map((at) => ({ at, text: String(at) })),
    share: (value) => value / most,
    floor: 1,
    footer: `${footer} Upright marks: our targets.`,
  })
}

/** Quarters up to 1; halves where something goes far beyond. */
function ratioTicks(most) {
  const step = most > 1.3 ? 0.5 : 0.25
  return Array.from({ length: Math.floor(most / step) + 1 }, (_, at) => at * step)
}

function toBar({ name, ratio, least, most, target, isOurs, commands, cpu }) {
  return {
    label: name.replace(', write each time', ''),
    value: ratio,
    least,
    most,
    target,
    isOurs,
    texts: [ratio.toFixed(2), shortNumber(commands), cpu.toFixed(0)],
  }
}

const shortNumber = (number) => String(Math.round(number * 100) / 100)

const PEOPLE_COLUMNS = [{ text: 'each second', at: 640 }]

/** Signing in and refreshing. */
export function signInChart({ signIns, refreshes }, footer) {
  const bars = signIns.map(({ name, rate, least, most, ratio, isOurs }) => ({
    label: name,
    value: rate,
    least: (rate * least) / ratio,
    most: (rate * most) / ratio,
    isOurs,
    texts: [rate.toLocaleString('en')],
  }))
  const exchanges = refreshes
    .filter(({ name }) => !name.includes('alone'))
    .map(({ name, rate, spread }) => {
      const [least, most] = spread.split('-').map(Number)
      const isOurs = name.startsWith('sojourn')
      const texts = [rate.toLocaleString('en')]
      return {
        label: name.replace(/, (access|two) tokens? signed/, ''),
        value: rate,
        least,
        most,
        isOurs,
        texts,
      }
    })
  const highest = Math.max(...[...bars, ...exchanges].map(({ value, most = value }) => most))
  return drawBars({
    title: 'Sign-ins and refreshes a second',
    subtitle:
      'Sign-ins over HTTP, without hashing a password; refreshes in one process, 50 chains at once.',
    groups: [
      { head: 'Sign-ins', bars },
      { head: 'Refreshes', bars: exchanges },
    ],
    columns: PEOPLE_COLUMNS,
    ticks: roundTicks(highest).map((at) => ({ at, text: at.toLocaleString('en') })),
    share: (value) => value / highest,
    footer,
  })
}

function roundTicks(highest) {
  const step = [1_000, 2_000, 5_000, 10_000, 20_000].find((one) => highest / one <= 4) ?? 50_000
  return Array.from({ length: Math.floor(highest / step) + 1 }, (_, at) => at * step)
}

const MILLISECONDS = [0.1, 1, 10, 100, 1_000, 10_000]
const MANY_COLUMNS = [
  { text: 'effective after', at: 630 },
  { text: 'others wait', at: 700 },
]

/** What is done to all sessions of a person, on a logarithmic scale. */
export function manyChart({ many }, footer) {
  const sizes = many[0].sizes.map(({ size }) => size)
  const share = (value) => Math.log10(Math.max(value, 0.05) / 0.05) / Math.log10(10_000 / 0.05)
  return drawBars({
    title: 'Revoke all sessions of one person, milliseconds',
    subtitle: `Among ${many[0].sessions.toLocaleString('en')} sessions of others in the same Redis. Logarithmic: shorter is better.`,
    groups: sizes.map((size, at) => ({
      head: `Who has ${size.toLocaleString('en')} session${size === 1 ? '' : 's'}`,
      bars: many.map(({ name, isOurs, sizes }) => ({
        label: name.replace(/ \(.*\)$/, ''),
        value: sizes[at].revokeAll,
        isOurs,
        texts: [duration(sizes[at].revokeAll), duration(sizes[at].sameProcess)],
      })),
    })),
    columns: MANY_COLUMNS,
    ticks: MILLISECONDS.map((at) => ({ at, text: at >= 1_000 ? `${at / 1e3}k` : `${at}` })),
    share,
    isLessBetter: true,
    footer,
  })
}

const duration = (milliseconds) =>
  milliseconds >= 1_000
    ? `${(milliseconds / 1e3).toFixed(1)} s`
    : `${milliseconds.toFixed(milliseconds < 10 ? 2 : 0)} ms`
