/** Reads exposition text back: `name{labels}` to its value. Throws on a line it does not understand. */
export function samplesOf(text: string): Map<string, number> {
  const samples = new Map<string, number>()
  for (const line of text.split('\n')) {
    if (line === '' || line.startsWith('# ')) continue
    const match = /^([a-zA-Z_]\w*(?:\{.*\})?) (\S+)$/.exec(line)
    if (match?.[1] === undefined) throw new Error(`no sample: ${JSON.stringify(line)}`)
    if (samples.has(match[1])) throw new Error(`twice in one text: ${match[1]}`)
    samples.set(match[1], toNumber(match[2] ?? ''))
  }
  return samples
}

/** What grew between two texts, by how much. */
export function growth(before: string, after: string): Record<string, number> {
  const earlier = samplesOf(before)
  const grown = [...samplesOf(after)].map(
    ([name, value]) => [name, value - (earlier.get(name) ?? 0)] as const,
  )
  return Object.fromEntries(grown.filter(([, by]) => by !== 0))
}

function toNumber(text: string): number {
  const infinite = { '+Inf': Infinity, '-Inf': -Infinity }[text]
  const value = infinite ?? Number(text)
  if (Number.isNaN(value) && text !== 'NaN') throw new Error(`no number: ${text}`)
  return value
}
