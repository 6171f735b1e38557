import { InvalidOption } from '../errors.js'
import { renderHead, renderLabels } from './exposition.js'
import type { Cell } from './series.js'

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

/** Holds the series of a family, and no more of them than it may. */
export class BoundedFamily<Series extends Cell> implements Family<string, Series> {
  readonly shape: FamilyShape
  readonly #make: () => Series
  readonly #cells = new Map<string, Series>()
  readonly #other: string

  constructor(shape: FamilyShape, make: () => Series) {
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
    return this.#cells.get(key) ?? this.#add(key)
  }

  /** The family's lines, or nothing where it has no series yet. */
  render(): string {
    const { name, kind, help } = this.shape
    let text = ''
    for (const [labels, cell] of this.#cells) text += cell.render(name, labels)
    return text === '' ? '' : renderHead(name, kind, help) + text
  }

  #valueOf(values: Readonly<Record<string, string>>, label: string): string {
    const value: unknown = values[label]
    if (typeof value === 'string') return value
    throw new InvalidOption(`${this.name} needs a text for its label ${label}.`)
  }

  #add(key: string): Series {
    const isFull = this.#cells.size >= this.shape.limit - 1
    const kept = isFull ? this.#other : key
    const cell = this.#cells.get(kept) ?? this.#make()
    this.#cells.set(kept, cell)
    return cell
  }
}
