/** Samples as the service sends them: columns of equal length, the oldest first. `null`: nothing is known of that moment. */
export interface Columns {
  readonly at: readonly number[]
  readonly isAway: readonly boolean[]
  readonly [name: string]: readonly (number | boolean | null)[]
}

/** One sample. */
export type Sample = Readonly<Record<string, unknown>> & { readonly at: number }

/** With one sample more, and without what is older than `kept` milliseconds. */
export function withSample(columns: Columns, sample: Sample, kept: number): Columns {
  const from = columns.at.findIndex((at) => at > sample.at - kept)
  const first = from < 0 ? columns.at.length : from
  const grown: Record<string, readonly (number | boolean | null)[]> = {}
  for (const [name, values] of Object.entries(columns)) {
    grown[name] = [...values.slice(first), (sample[name] ?? null) as number | boolean | null]
  }
  return grown as unknown as Columns
}

export function numbersIn(columns: Columns, name: string): readonly (number | null)[] {
  return (columns[name] ?? []).map((value) => (typeof value === 'number' ? value : null))
}
