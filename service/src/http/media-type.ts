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
  const [name = '', ...rest] = header.split(';').map((part) => part.trim().toLowerCase())
  const parameters = rest.map((part) => PARAMETER.exec(part))
  const charsets = parameters.filter((match) => match?.[1] === 'charset')
  // Two charsets, or a parameter that cannot be read, might be understood differently by somebody else.
  const isClear = NAME.test(name) && !parameters.includes(null) && charsets.length <= 1
  return isClear ? { name, charset: charsets[0]?.[2] ?? charsets[0]?.[3] } : undefined
}

/** Whether text of this type is UTF-8, which JSON and forms are when they say nothing. */
export function isUtf8(type: MediaType): boolean {
  return type.charset === undefined || type.charset === 'utf-8' || type.charset === 'utf8'
}
