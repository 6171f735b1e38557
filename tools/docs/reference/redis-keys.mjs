import ts from 'typescript'
import { docOf, objectOf } from './syntax.mjs'
import { code, codes, head, table } from './table.mjs'

/**
 * @typedef {object} KeyKind
 * @property {string} letter
 * @property {string} name
 * @property {string} type
 * @property {string} holds
 * @property {Readonly<Record<string, string>>} fields
 * @property {string} rests
 * @property {readonly string[]} writtenBy
 */

/**
 * The page of all keys in Redis.
 *
 * @param {readonly KeyKind[]} kinds
 */
export function redisKeys(kinds) {
  const pattern = (/** @type {KeyKind} */ { letter, name }) => `sj:${letter}{<bucket>}${name}`
  const sections = kinds.map((kind) => {
    const rows = Object.entries(kind.fields)
    const [first] = rows
    const own = kind.letter === 's' ? traits() : []
    return [
      `## ${code(pattern(kind))}`,
      kind.holds,
      `Written by the scripts ${codes(kind.writtenBy)} of ${code('library/src/store/redis/scripts/')}. Rests ${kind.rests}.`,
      first === undefined
        ? ''
        : table(
            [kind.type === 'zset' ? 'member' : 'field', 'what'],
            [...rows.map(([field, words]) => [code(field), words]), ...own],
          ),
    ].join('\n\n')
  })
  return [
    head(
      'Keys in Redis',
      '`library/src/store/redis/key-kinds.ts`',
      'For people who look into a Redis, write its ACL or plan its memory. It is no interface: read and write through the library. The prefix is `sj:` (`keyPrefix`), that of the service `sojourn:` (`REDIS_KEY_PREFIX`). A bucket is two characters, 12 bits of an HMAC of the subject; it is the hash tag, so that everything of one subject is on one node. Nothing here can be presented as a credential: secrets are kept as digests. Every key has an end.',
    ),
    table(
      ['key', 'type', 'holds'],
      kinds.map((kind) => [code(pattern(kind)), kind.type.toUpperCase(), kind.holds]),
    ),
    'Changes are published on the channel `sj:changes`; nothing rests there.',
    ...sections,
  ].join('\n\n')
}

/** Short facts of a session that the store keeps without reading them. */
function traits() {
  return objectOf('library/src/store/record.ts', 'TRAITS')
    .properties.filter(ts.isPropertyAssignment)
    .map((trait) => [code(trait.initializer.getText().slice(1, -1)), docOf(trait)])
}
