/** A strict reader of the part of RFC 9651 that the RateLimit fields use: lists of strings with parameters. */
export interface Member {
  readonly name: string
  readonly [parameter: string]: string | number
}

const MEMBER = /^"((?:[\x20-\x21\x23-\x5b\x5d-\x7e]|\\["\\])*)"/
const PARAMETER = /^; *([a-z*][a-z0-9_.*-]*)=(?:(-?\d{1,15})|:([A-Za-z0-9+/]*={0,2}):)/

/** Throws for anything that is not such a list. */
export function parseFields(text: unknown): readonly Member[] {
  if (typeof text !== 'string') throw new Error(`no header: ${String(text)}`)
  const members: Member[] = []
  let rest = text
  for (;;) {
    const [head, name = ''] = MEMBER.exec(rest) ?? []
    if (head === undefined) throw new Error(`no string at ${rest}`)
    rest = rest.slice(head.length)
    const member: Record<string, string | number> = { name }
    for (let found = PARAMETER.exec(rest); found !== null; found = PARAMETER.exec(rest)) {
      const [all, key = '', whole, bytes = ''] = found
      member[key] = whole === undefined ? bytes : Number(whole)
      rest = rest.slice(all.length)
    }
    members.push(member as Member)
    if (rest === '') return members
    const comma = /^[ \t]*,[ \t]*/.exec(rest)
    if (comma === null) throw new Error(`no comma at ${rest}`)
    rest = rest.slice(comma[0].length)
  }
}
