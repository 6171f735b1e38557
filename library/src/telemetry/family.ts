import { InvalidOption } from '../errors.js'
import { renderHead, renderLabels, toLabelText, type MetricsFormat } from './exposition.js'
import type { Cell, SeriesReading } from './series.js'

/** All series of one name, told apart by the values of its labels. */
export interface Family<Label extends string, Series> {
  readonly name: string
  /**
   * The series of these label values; it shows from now on, at 0. Bind it once where it is hot. When the
   * family has as many series as it may, further values share one whose every label is `other`.
   */
  series(values: Readonly<Record<Label, string>>): Series
}

/** What a family is: two of one name must agree in all of it. */
export interface FamilyShape {
  readonly name: string
  readonly kind: 'counter' | 'gauge' | 'histogram'
  readonly help: string
  readonly labels: readonly string[]
  /** Upper bounds of a histogram's buckets. */
  readonly buckets: readonly number[]
  /** Most series it may have, `other` included. */
  readonly limit: number
}

/** The values of a series' labels, by their names. */
export type LabelValues = Readonly<Record<string, string>>

/** Holds the series of a family, and no more of them than it may. */
export class BoundedFamily<Series extends Cell> implements Family<string, Series> {
  readonly shape: FamilyShape
  readonly #make: (values: LabelValues) => Series
  readonly #cells = new Map<string, Series>()
  readonly #values = new Map<string, LabelValues>()
  readonly #other: string

  constructor(shape: FamilyShape, make: (values: LabelValues) => Series) {
    this.shape = shape
    this.#make = make
    this.#other = renderLabels(
      shape.labels,
      shape.labels.map(() => 'other'),
    )
    if (shape.labels.length === 0) this.series({})
  }

  get name(): string {
    return this.shape.name
  }

  series(values: Readonly<Record<string, string>>): Series {
    const { labels } = this.shape
    const key = renderLabels(
      labels,
      labels.map((label) => this.#valueOf(values, label)),
    )
    return this.#cells.get(key) ?? this.#add(key, values)
  }

  /** The family's lines, or nothing where it has no series yet. */
  render(format: MetricsFormat): string {
    const { name, kind, help } = this.shape
    let text = ''
    for (const [labels, cell] of this.#cells) text += cell.render(name, labels, format)
    return text === '' ? '' : renderHead(name, kind, help, format) + text
  }

  /** What each series stands at. */
  read(): readonly SeriesReading[] {
    return [...this.entries()].flatMap(([labels, cell]) => {
      const reading = cell.reading()
      return reading === undefined ? [] : [{ labels, ...reading }]
    })
  }

  /** Each series with the values of its labels, for registries other than ours. */
  *entries(): Iterable<readonly [LabelValues, Series]> {
    for (const [key, cell] of this.#cells) yield [this.#values.get(key) ?? {}, cell]
  }

  #valueOf(values: Readonly<Record<string, string>>, label: string): string {
    const value: unknown = values[label]
    if (typeof value === 'string') return value
    throw new InvalidOption(`${this.name} needs a text for its label ${label}.`)
  }

  #add(key: string, given: LabelValues): Series {
    const isFull = this.#cells.size >= this.shape.limit - 1
    const kept = isFull ? this.#other : key
    const known = this.#cells.get(kept)
    if (known !== undefined) return known
    const { labels } = this.shape
    const valueOf = (label: string): string => (isFull ? 'other' : (given[label] ?? ''))
    const values = Object.fromEntries(labels.map((label) => [label, toLabelText(valueOf(label))]))
    const cell = this.#make(values)
    this.#cells.set(kept, cell)
    this.#values.set(kept, values)
    return cell
  }
}
