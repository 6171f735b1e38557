/** A hole in a store's server, and in which release of each line it was closed. */
interface Advisory {
  readonly id: string
  readonly what: string
  /** The first release that has it. */
  readonly since: Version
  /** Releases that close it, one for each line (`major.minor`), oldest first. Later lines never had it. */
  readonly fixedIn: readonly Version[]
}

type Version = readonly [major: number, minor: number, patch: number]

/** Both let who may run commands run code on the server's machine. */
const REDIS: readonly Advisory[] = [
  {
    id: 'CVE-2025-49844',
    what: 'a script can break out of the server',
    since: [0, 0, 0],
    fixedIn: [
      [6, 2, 20],
      [7, 2, 11],
      [7, 4, 6],
      [8, 0, 4],
      [8, 2, 2],
    ],
  },
  {
    id: 'CVE-2026-23479',
    what: 'a blocked client that is evicted leaves memory in use',
    since: [7, 2, 0],
    fixedIn: [
      [7, 2, 14],
      [7, 4, 9],
      [8, 2, 6],
      [8, 4, 3],
      [8, 6, 3],
    ],
  },
]

const VALKEY: readonly Advisory[] = [
  {
    id: 'CVE-2025-49844',
    what: 'a script can break out of the server',
    since: [0, 0, 0],
    fixedIn: [
      [7, 2, 11],
      [8, 0, 6],
      [8, 1, 4],
    ],
  },
]

/** The known holes of a release, as `CVE-… (what it is)`. A version that cannot be read has none that are known. */
export function knownHoles(kind: 'redis' | 'valkey', text: string): readonly string[] {
  const version = read(text)
  if (version === undefined) return []
  const advisories = kind === 'redis' ? REDIS : VALKEY
  return advisories.filter((one) => hasHole(version, one)).map(({ id, what }) => `${id} (${what})`)
}

function hasHole(version: Version, { since, fixedIn }: Advisory): boolean {
  if (compare(version, since) < 0) return false
  const ownLine = fixedIn.find(([major, minor]) => major === version[0] && minor === version[1])
  if (ownLine !== undefined) return compare(version, ownLine) < 0
  const newest = fixedIn.at(-1)
  return newest !== undefined && compare(version, newest) < 0
}

function compare(left: Version, right: Version): number {
  const difference = left.map((part, place) => part - (right[place] ?? 0))
  return difference.find((part) => part !== 0) ?? 0
}

function read(text: string): Version | undefined {
  const [, major, minor, patch] = /^(\d{1,5})\.(\d{1,5})\.(\d{1,5})/.exec(text) ?? []
  if (major === undefined || minor === undefined || patch === undefined) return undefined
  return [Number(major), Number(minor), Number(patch)]
}
