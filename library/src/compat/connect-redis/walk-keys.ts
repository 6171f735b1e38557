import { InvalidOption } from '../../errors.js'
import { toScan } from '../../store/redis/scan.js'

/** Runs one command behind the deadline. */
type Send = <Reply>(command: () => Promise<Reply>) => Promise<Reply>

/**
 * All keys that begin with `prefix`, each once, in parts. Every SCAN has a deadline of its own: among millions of other
 * keys it takes many until one is found.
 *
 * @throws InvalidOption where the client cannot SCAN.
 */
export async function* walkKeys(
  client: object,
  { prefix, count }: { readonly prefix: string; readonly count: number },
  send: Send,
): AsyncGenerator<string[]> {
  const listNodes = toScan(client)
  if (listNodes === undefined) {
    throw new InvalidOption('option client cannot SCAN, which clear, length, ids and all need.')
  }
  const match = `${prefix.replaceAll(/[\\*?[]/g, (mark) => `\\${mark}`)}*`
  const met = new Set<string>()
  for (const node of await send(listNodes)) {
    let cursor = '0'
    do {
      const part = await send(() => node.scan(cursor, { match, count }))
      cursor = part.cursor
      const fresh = new Set(part.keys.filter((key) => !met.has(key)))
      for (const key of fresh) met.add(key)
      if (fresh.size > 0) yield [...fresh]
    } while (cursor !== '0')
  }
}
