/** A media type with its charset (RFC 9110 section 8.3). Lower case. */
export interface MediaType {
  readonly name: string
  readonly charset: string | undefined
}

const NAME = /^[\w!#$&^.+-]+\/[\w!#$&^.+-]+$/
const PARAMETER = /^([\w!#$&^.+-]+)=(?:"([^"\\]*)"|([^\s"]+))$/

/** Reads a `Content-Type` header; `undefined` where it is missing or malformed. */
export function parseMediaType(header: string | undefined): MediaType | undefined {
  if (header === undefined || header.length > 256) return undefined
  const [name = '', ...parameters] = header.split(';').map((part) => part.trim().toLowerCase())
  if (!NAME.test(name)) return undefined
  let charset: string | undefined
  for (const parameter of parameters) {
    const match = PARAMETER.exec(parameter)
    // Two charsets, or one that cannot be read, might be understood differently by somebody else.
    if (match === null || (match[1] === 'charset' && charset !== undefined)) return undefined
    if (match[1] === 'charset') charset = match[2] ?? match[3]
  }
  return { name, charset }
}

/** Whether text of this type is UTF-8, which JSON and forms are when they say nothing. */
export function isUtf8(type: MediaType): boolean {
  return type.charset === undefined || type.charset === 'utf-8' || type.charset === 'utf8'
}
