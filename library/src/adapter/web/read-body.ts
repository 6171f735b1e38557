import { InvalidInput } from '../../errors.js'

/** Bytes. Tokens and form fields are small; a body parser of the application's own is not bound by this. */
const MOST_BYTES = 65_536
const JSON_TYPE = /^application\/(?:[\w.+-]+\+)?json\b/i
const FORM_TYPE = /^application\/x-www-form-urlencoded\b/i

/**
 * The fields of a JSON or form body, read from a copy: the handler still finds it unread. `undefined` for other types. Throws
 * `InvalidInput` for what is no JSON, and beyond 64 KiB.
 */
export async function readBody(request: Request): Promise<unknown> {
  const type = request.headers.get('content-type') ?? ''
  const isJson = JSON_TYPE.test(type)
  if (!isJson && !FORM_TYPE.test(type)) return undefined
  const text = await readText(request.clone())
  return isJson ? parseJson(text) : Object.fromEntries(new URLSearchParams(text))
}

async function readText({ body }: Request): Promise<string> {
  if (body === null) return ''
  const chunks: Uint8Array[] = []
  let length = 0
  const reader = (body as ReadableStream<Uint8Array>).getReader()
  for (let next = await reader.read(); next.value !== undefined; next = await reader.read()) {
    length += next.value.byteLength
    if (length > MOST_BYTES) {
      reader.cancel().catch(() => undefined)
      throw new InvalidInput('body', `The body must be at most ${String(MOST_BYTES)} bytes.`)
    }
    chunks.push(next.value)
  }
  return Buffer.concat(chunks).toString('utf8')
}

function parseJson(text: string): unknown {
  if (text === '') return undefined
  try {
    return JSON.parse(text) as unknown
  } catch {
    throw new InvalidInput('body', 'The body must be JSON.')
  }
}
