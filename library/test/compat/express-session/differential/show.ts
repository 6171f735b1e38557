import { createHash } from 'node:crypto'

/**
 * What a test saw, as plain data that two runs can be compared by. Taken at the moment of the call:
 * sessions and cookies change afterwards.
 */
export function show(value: unknown, seen: readonly unknown[] = []): unknown {
  if (value === undefined) return '<undefined>'
  if (typeof value === 'string' && value.length > LONGEST) return shorten(value)
  if (typeof value === 'function') return '<function>'
  if (typeof value === 'symbol' || typeof value === 'bigint') return `<${String(value)}>`
  if (typeof value === 'number' && !Number.isFinite(value)) return `<${value}>`
  if (typeof value !== 'object' || value === null) return value
  if (seen.includes(value)) return '<circular>'
  return showObject(value, [...seen, value])
}

const LONGEST = 5000

/** A difference has to fit on a screen. */
function shorten(text: string): string {
  const digest = createHash('sha256').update(text).digest('base64url').slice(0, 8)
  return `<${text.length} characters, ${digest}> ${text.slice(0, 200)}`
}

const OPAQUE = new Set(['IncomingMessage', 'ServerResponse', 'Socket', 'Server'])

function showObject(value: object, seen: readonly unknown[]): unknown {
  if (value instanceof Error) return showError(value)
  if (Buffer.isBuffer(value)) return `<buffer ${value.toString('hex')}>`
  if (Object.prototype.toString.call(value) === '[object Date]') {
    const instant = (value as Date).valueOf()
    return Number.isNaN(instant) ? '<date invalid>' : `<date ${new Date(instant).toISOString()}>`
  }
  if (Array.isArray(value)) return value.map((item) => show(item, seen))
  const kind = kindOf(value)
  if (OPAQUE.has(kind)) return `<${kind}>`
  // A list, because the order of keys is seen by whoever copies or serialises the object, and because
  // keys named `constructor` and `__proto__` mean something else to whoever compares objects.
  return {
    [`<${kind}>`]: Object.keys(value).map((key) => [key, show((value as any)[key], seen)]),
  }
}

function kindOf(value: object): string {
  const prototype = Object.getPrototypeOf(value) as object | null
  if (prototype === null) return 'null prototype'
  const name = String((prototype.constructor as { name?: string } | undefined)?.name)
  // The original's cookies call themselves Object; ours, being of a class, do not (see the known differences).
  return name === 'Cookie' ? 'Object' : name
}

function showError(error: Error): Record<string, unknown> {
  const { code, status, type } = error as { code?: unknown; status?: unknown; type?: unknown }
  return { error: error.name, message: error.message, code, status, type }
}
