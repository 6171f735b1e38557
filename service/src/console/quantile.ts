/**
 * The value below which a share of all values lies, as far as buckets tell: inside the bucket it falls into it is drawn as a
 * straight line, as Prometheus does (`histogram_quantile`). Above the last bound it is that bound. `null`: no values.
 */
export function quantile(
  share: number,
  counts: readonly number[],
  bounds: readonly number[],
): number | null {
  const total = counts.reduce((sum, count) => sum + count, 0)
  if (total === 0) return null
  const rank = share * total
  let below = 0
  for (const [place, count] of counts.entries()) {
    const upper = bounds[place]
    if (upper === undefined) break
    if (count > 0 && below + count >= rank) {
      const lower = place === 0 ? 0 : (bounds[place - 1] ?? 0)
      return lower + (upper - lower) * ((rank - below) / count)
    }
    below += count
  }
  return bounds.at(-1) ?? null
}
