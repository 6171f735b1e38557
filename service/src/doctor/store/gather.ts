import type { Finding, Verdict } from '../finding.js'

const WORST: readonly Verdict[] = ['fail', 'warn', 'skipped', 'pass']

/** One answer for each check, from those of all servers: the worst, with the name of the server before what was seen there. */
export function gather(
  all: readonly { readonly name: string; readonly findings: readonly Finding[] }[],
): readonly Finding[] {
  const ids = new Set(all.flatMap(({ findings }) => findings.map(({ id }) => id)))
  return [...ids].flatMap((id) => {
    const found = all.flatMap(({ name, findings }) =>
      findings.filter((finding) => finding.id === id).map((finding) => ({ name, finding })),
    )
    const worst = WORST.flatMap((verdict) => found.filter((one) => one.finding.verdict === verdict))
    const first = worst[0]?.finding
    if (first === undefined) return []
    return [found.length === 1 ? first : { ...first, seen: seenBy(worst) }]
  })
}

function seenBy(found: readonly { readonly name: string; readonly finding: Finding }[]): string {
  const places = new Map<string, string[]>()
  for (const { name, finding } of found) {
    places.set(finding.seen, [...(places.get(finding.seen) ?? []), name])
  }
  const [only] = places.keys()
  if (places.size === 1) return `all ${String(found.length)} servers: ${only ?? ''}`
  return [...places].map(([seen, names]) => `${names.join(', ')}: ${seen}`).join('; ')
}
