import { deriveKey } from '../credential/session-token.js'
import { createHmac } from '../system/digest.js'
import { open, seal, sealedBytes } from '../system/seal.js'
import type { Events } from './events.js'

/**
 * The form in which the values of sessions rest: JSON in clear, or encrypted where the option `encryption` is set. Everything above
 * store/ sees JSON, everything from the near cache down sees what rests.
 */
export interface ValuesAtRest {
  /** The store cannot read the values, so it cannot calculate with them either. */
  readonly isSealing: boolean
  /** What rests for `json` under `key` of the session `id`. It can be read there, and nowhere else. */
  seal(id: string, key: string, json: string): string
  /** JSON of what rests there; `undefined`, and `data.invalid` is told, for what no key of ours opens. */
  open(id: string, key: string, text: string): string | undefined
  /** It would rest in the same form if it were written now. */
  isCurrent(text: string): boolean
}

/**
 * `"\/~1.name.text"`: JSON as stores want it, but with an escape that `JSON.stringify` never writes. So no value of an
 * application, and none that rests from before, is ever mistaken for an encrypted one.
 */
const MARK = '"\\/~'
const VERSION = `${MARK}1.`
const NAME_LENGTH = 4
const BODY_AT = VERSION.length + NAME_LENGTH + 1

/** Whether this text is an encrypted value, of any version. */
export function isSealed(text: string): boolean {
  return text.startsWith(MARK)
}

/** Bytes of JSON behind a text at rest, without a key. */
export function jsonBytes(text: string): number {
  if (!isSealed(text)) return Buffer.byteLength(text)
  return sealedBytes(text.length - BODY_AT - 1)
}

/** @param secrets - newest first: the first encrypts, all decrypt. None: values rest in clear. */
export function createValuesAtRest(
  secrets: readonly string[],
  events: Pick<Events, 'emit'>,
): ValuesAtRest {
  const ring = secrets.map(createRecordKeys)
  const [newest] = ring
  return {
    isSealing: newest !== undefined,
    seal(id, key, json) {
      return newest === undefined
        ? json
        : `${newest.prefix}${seal(newest.keyFor(id), contextOf(id, key), json)}"`
    },
    open(id, key, text) {
      if (!isSealed(text)) return text
      const json = openWith(ring, id, key, text)
      if (json === undefined) events.emit('data.invalid', { id, key })
      return json
    },
    isCurrent: (text) => (newest === undefined ? !isSealed(text) : text.startsWith(newest.prefix)),
  }
}

/** The data of a session about to be created, as it is to rest. */
export function sealAll(
  values: ValuesAtRest,
  id: string,
  data: ReadonlyMap<string, string>,
): ReadonlyMap<string, string> {
  if (!values.isSealing) return data
  return new Map([...data].map(([key, json]) => [key, values.seal(id, key, json)]))
}

interface RecordKeys {
  /** What every value under this secret begins with. The name tells secrets apart, and nothing of them. */
  readonly prefix: string
  /** The key for one session, of which no two share any (ASVS 11.3.4). */
  keyFor(id: string): Uint8Array
}

function createRecordKeys(secret: string): RecordKeys {
  const hmac = createHmac(deriveKey(secret, 'values'))
  const name = hmac.sign('name').toString('base64url').slice(0, NAME_LENGTH)
  let last: { readonly id: string; readonly key: Uint8Array } | undefined
  return {
    prefix: `${VERSION}${name}.`,
    keyFor(id) {
      // The values of one session are mostly read one after another.
      if (last?.id !== id) last = { id, key: hmac.sign(`record ${id}`) }
      return last.key
    },
  }
}

function openWith(
  ring: readonly RecordKeys[],
  id: string,
  key: string,
  text: string,
): string | undefined {
  if (!text.endsWith('"')) return undefined
  const body = text.slice(BODY_AT, -1)
  // Names are short: two secrets may have the same.
  for (const keys of ring.filter(({ prefix }) => text.startsWith(prefix))) {
    const json = open(keys.keyFor(id), contextOf(id, key), body)
    if (json !== undefined) return json
  }
  return undefined
}

/** Ids have no space in them, so no two places have one context. */
function contextOf(id: string, key: string): string {
  return `${id} ${key}`
}
