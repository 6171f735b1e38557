import { readFileSync } from 'node:fs'

/** The files of Project Wycheproof that are about signatures; where they are from: ../../vectors/README.md. */

export type Json = Record<string, unknown>

export interface Test {
  readonly tcId: number
  readonly comment: string
  readonly jws: string
  readonly result: 'valid' | 'invalid'
  readonly [name: string]: unknown
}

export interface Group {
  readonly comment: string
  readonly public?: Json
  readonly private?: Json
  readonly tests: readonly Test[]
  readonly [name: string]: unknown
}

export function groupsOf(name: string): readonly Group[] {
  const url = new URL(`../../vectors/wycheproof/${name}_test.json`, import.meta.url)
  return (JSON.parse(readFileSync(url, 'utf8')) as { testGroups: Group[] }).testGroups
}

const PRIVATE = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth']

/** The keys of a group, without what only the signer has. */
export function publicKeysOf(group: Group): Json[] {
  const set = group.public ?? group.private ?? {}
  const keys = (set['keys'] as Json[] | undefined) ?? [set]
  return keys.map((key) =>
    Object.fromEntries(Object.entries(key).filter(([member]) => !PRIVATE.includes(member))),
  )
}
